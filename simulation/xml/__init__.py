"""The fiscal XML layouts, written with string templates: one module per layout, nothing but text."""
