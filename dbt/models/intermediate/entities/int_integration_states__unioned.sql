{{ union_entity('integration_states') }}
