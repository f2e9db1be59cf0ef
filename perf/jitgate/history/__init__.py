"""What was measured before, and what it may be compared with.

`database` opens the store, `record` is what a session leaves behind, `append` writes it, `levels` says what a series
came to so far. Durations also live in pytest-benchmark's storage, and raw rounds as CSV (`rounds`); neither is touched.
SQLAlchemy is imported only where a session has measured, or a command asks.
"""
