{{ union_entity('ledger_balances') }}
