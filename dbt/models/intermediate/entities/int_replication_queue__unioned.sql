{{ union_entity('replication_queue') }}
