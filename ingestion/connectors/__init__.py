"""One module per kind of connection, never per vendor. A connector reads; it never writes the store."""
