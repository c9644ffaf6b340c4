"""The command line: thin and without mathematics.

Results go to standard output, progress and messages to standard error.
"""
