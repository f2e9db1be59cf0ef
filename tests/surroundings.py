"""What a session within a test takes over from the process that runs the tests."""

from __future__ import annotations

import os

# On CI pytest shortens no line of its summary, and colours change every line.
THEIRS = ("PYTEST_", "COV_", "GITHUB_", "TOX_")
DECIDES = ("CI", "BUILD_NUMBER", "FORCE_COLOR", "PY_COLORS", "NO_COLOR", "TERM")


def inherited() -> dict[str, str]:
    """The environment variables, without those that change what pytest prints."""
    return {name: value for name, value in os.environ.items() if not name.startswith(THEIRS) and name not in DECIDES}
