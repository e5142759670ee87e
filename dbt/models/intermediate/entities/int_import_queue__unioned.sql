{{ union_entity('import_queue') }}
