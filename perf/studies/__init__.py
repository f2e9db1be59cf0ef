"""Studies of the statistics: false alarms, misses, coverage and cost, on simulated and on recorded rounds.

`python -m studies` writes `docs/validation.md`; every figure in it comes from that run. Studies run in a checkout: the
wheel does not contain them.
"""
