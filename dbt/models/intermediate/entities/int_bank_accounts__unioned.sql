{{ union_entity('bank_accounts') }}
