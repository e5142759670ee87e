{{ union_entity('title_movements') }}
