"""The command line: the front door, thin.

What it starts lies in the other packages and is imported when a command needs it.
"""
