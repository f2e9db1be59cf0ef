"""Sphinx: `tox run -e docs`. The tables of the reference are written from the code before each build."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "perf"))

from studies import reference_tables  # noqa: E402 - not on the path before

project = "jitgate"
copyright = "the authors of jitgate"  # noqa: A001 - Sphinx's name
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "jitgate"
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["_build", "generated"]
suppress_warnings = ["myst.header"]
nitpicky = True

reference_tables.write(HERE / "generated")
