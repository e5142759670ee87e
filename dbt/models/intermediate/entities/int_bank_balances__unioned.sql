{{ union_entity('bank_balances') }}
