"""Turns source systems into raw tables, adding no meaning.

Holds the settings of a workspace, the extraction contract, the connectors and the one writer of the store. No
business rule belongs here (dbt defines those), and nothing here imports an orchestrator or the command line.
"""
