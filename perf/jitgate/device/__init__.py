"""Small readers of the machine (clock, memory, cards, host, fingerprint), and the lock that keeps runs apart.

Nothing here imports torch at module level. What can't be read is `Missing`, with its reason, and never made up.
"""
