"""A user's project, as the tests of jitgate itself have it."""

from tests.jitgate.plugin.conftest import project

__all__ = ["project"]
