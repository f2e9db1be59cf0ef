"""What `python -m perf` can do, one module a command.

A module offers `register(subparsers)`, which adds its parser and sets `run` to a function `(arguments) -> exit code`.
"""
