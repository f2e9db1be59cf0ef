"""Marks the root of the repository.

The plugin comes with the installed package, and CosyVoice with `plugins` in `[tool.jitgate]` of pyproject.toml: here a
plugin would reach every project that has this checkout installed and collects `jitgate.benchmarks` from it.
"""
