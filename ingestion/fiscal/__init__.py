"""Fiscal XML: bytes to rows.

Holds containers, the hardened parser, classification, extraction maps, the walk that applies them, and the
intake that puts these in order. Nothing here walks a folder or knows the store, and nothing decides what a
value means: status, money and dates are dbt's.
"""
