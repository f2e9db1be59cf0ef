"""A factory's own words reach the user as they are; what else goes wrong in it is said to be its fault."""

from __future__ import annotations

import pytest
from jitgate.model.errors import Unavailable, UsageError
from jitgate.worker.factories import build_workload


def test_what_is_missing_is_said_by_the_factory_itself() -> None:
    with pytest.raises(Unavailable, match=r"^the model needs a flux capacitor; install one$"):
        build_workload("tests.jitgate.pool.models:lacking_factory", "here")


def test_any_other_error_is_the_factorys() -> None:
    with pytest.raises(UsageError, match=r"^here: factory '.*:raising_factory' failed \(FileNotFoundError: weights.pt"):
        build_workload("tests.jitgate.pool.models:raising_factory", "here")


def test_the_lines_that_led_to_the_error_are_named() -> None:
    with pytest.raises(UsageError, match=r"weights.pt\) at .*models.py:\d+ in raising_factory$"):
        build_workload("tests.jitgate.pool.models:raising_factory", "here")


def test_too_little_memory_is_no_fault_of_the_factory() -> None:
    with pytest.raises(MemoryError, match="Unable to allocate"):
        build_workload("tests.jitgate.pool.models:starved_factory", "here")
