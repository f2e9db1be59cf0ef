"""The study behind the judge: false alarms, misses, coverage and cost, simulated and on recorded rounds.

`python -m studies` writes `docs/validation.md`; every figure in it comes from that run.
"""
