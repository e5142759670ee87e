{{ union_entity('titles') }}
