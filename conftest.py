"""Registers the plugin and its first user, and nothing else."""

pytest_plugins = ["jitgate", "jitgate_cosyvoice"]
