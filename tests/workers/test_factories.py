"""A factory's own words reach the user as they are; what else goes wrong in it is said to be its fault."""

from __future__ import annotations

import pytest

from perf.errors import Unavailable, UsageProblem
from perf.workers.factories import build_workload
from tests.workers import models


def test_what_is_missing_is_said_by_the_factory_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> None:
        raise Unavailable("it needs the package x")

    monkeypatch.setattr(models, "tiny", lacking)
    with pytest.raises(Unavailable, match=r"^it needs the package x$"):
        build_workload("tests.workers.models:tiny", "here")


def test_any_other_error_is_the_factorys() -> None:
    with pytest.raises(
        UsageProblem, match=r"^here: factory '.*:raising_factory' failed \(FileNotFoundError: weights.pt"
    ):
        build_workload("tests.workers.models:raising_factory", "here")
