"""The project of a user, from the tests of the plugin."""

from tests.jitgate.plugin.conftest import project

__all__ = ["project"]
