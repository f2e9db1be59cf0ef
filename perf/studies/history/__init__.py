"""Does the history find what changed, and keep quiet where nothing did? `python -m studies.history` answers."""
