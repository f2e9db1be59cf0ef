"""No test may fail because a machine is busy: hypothesis's deadline of 200 ms an example would be a timed assertion."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
