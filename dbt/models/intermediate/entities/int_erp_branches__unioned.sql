{{ union_entity('branches') }}
