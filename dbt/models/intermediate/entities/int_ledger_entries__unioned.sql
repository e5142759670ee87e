{{ union_entity('ledger_entries') }}
