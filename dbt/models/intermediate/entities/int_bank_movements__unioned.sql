{{ union_entity('bank_movements') }}
