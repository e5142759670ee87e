{{ union_entity('fiscal_documents') }}
