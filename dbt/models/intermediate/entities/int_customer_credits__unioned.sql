{{ union_entity('customer_credits') }}
