"""The commands of `jitgate` (also `python -m jitgate`), one module each.

A module offers `register(subparsers)`, which adds its parser and sets `run` to a function `(arguments) -> exit code`.
`run` prints through `output.write` and raises UsageError for bad input.
"""
