{{ union_entity('partners') }}
