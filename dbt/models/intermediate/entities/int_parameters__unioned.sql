{{ union_entity('parameters') }}
