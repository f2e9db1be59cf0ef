"""Sessions within the tests say the same on a desk and on CI."""

from __future__ import annotations

import pytest

from tests.surroundings import inherited


@pytest.mark.parametrize("name", ["CI", "BUILD_NUMBER", "FORCE_COLOR", "PYTEST_ADDOPTS", "GITHUB_ACTIONS"])
def test_what_changes_the_output_of_pytest_stays_outside(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert name not in inherited()
    assert inherited()["OMP_NUM_THREADS"] == "1"
