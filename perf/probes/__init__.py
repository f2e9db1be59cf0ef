"""One small reader each: clock, memory, device, fingerprint. Nothing here imports torch at module level."""
