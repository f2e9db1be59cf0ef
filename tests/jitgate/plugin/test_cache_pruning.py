"""A session keeps its artefact cache within its limit, and says what it removed."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.cache.pruning import Pruned
from jitgate.config.policy import Policy
from jitgate.plugin.cache_pruning import said, tidy

GIB = 1 << 30
STAY = "3.00 GiB stay, which were used within a day or are in use"


@pytest.mark.parametrize(
    ("pruned", "line"),
    [
        (Pruned(0, 0, GIB), None),
        (Pruned(1, GIB, GIB), "removed 1 artefact (1.00 GiB) not used for longest"),
        (Pruned(0, 0, 3 * GIB), STAY),
        (
            Pruned(2, GIB, 3 * GIB),
            f"removed 2 artefacts (1.00 GiB) not used for longest; {STAY}",
        ),
    ],
)
def test_it_is_said_in_one_line(pruned: Pruned, line: str | None) -> None:
    found = said(pruned, 2 * GIB)
    assert found == (None if line is None else f"artefact cache, cache_limit 2.00 GiB: {line}")


@pytest.mark.parametrize(("limit_bytes", "measured", "stays"), [(1, True, False), (None, True, True), (1, False, True)])
def test_only_after_a_session_that_measured_and_only_with_a_limit(
    tmp_path: Path, limit_bytes: int | None, measured: bool, stays: bool
) -> None:
    folder = tmp_path / ".jitgate" / "cache" / f"inductor-{1:020x}"
    folder.mkdir(parents=True)
    (folder / "x.pt2").write_bytes(b"xx")
    os.utime(folder, (0.0, 0.0))
    told: list[str] = []
    config: Any = SimpleNamespace(getoption=lambda name: None, rootpath=tmp_path)
    progress = SimpleNamespace(note=told.append)
    state: Any = SimpleNamespace(policy=Policy(cache_limit_bytes=limit_bytes), measured=measured, progress=progress)
    tidy(config, state)
    assert folder.exists() == stays
    assert len(told) == (not stays)
