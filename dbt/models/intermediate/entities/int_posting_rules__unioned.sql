{{ union_entity('posting_rules') }}
