{{ union_entity('fiscal_document_items') }}
