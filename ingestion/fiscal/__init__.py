"""Fiscal XML: bytes to rows, as pure functions.

Holds containers, the hardened parser, classification, extraction maps and the walk that applies them. Nothing
here opens a folder, an archive or the store, and nothing decides what a value means: status, money and dates
are dbt's.
"""
