"""What a person reads: progress while it runs, the summary after it."""
