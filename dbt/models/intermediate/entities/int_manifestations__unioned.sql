{{ union_entity('manifestations') }}
