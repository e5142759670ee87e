{{ union_entity('ledger_accounts') }}
