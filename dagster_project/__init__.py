"""Orchestration: assets, checks, jobs, schedules, sensors and the publication.

Import the modules themselves; nothing is wired here. No parsing, no business rule and no SQL longer than a
count belongs in this package, and nothing but the command line imports it.
"""
