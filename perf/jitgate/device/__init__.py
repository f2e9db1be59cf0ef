"""One small reader each: clock, memory, device, cards, host, fingerprint; and the lock that keeps runs apart.

Nothing here imports torch at module level. What can't be read is `Missing`, with its reason, and never made up.
"""
