{{ union_entity('posting_traces') }}
