"""Registers the plugin, and nothing else."""

pytest_plugins = ["jitgate"]
