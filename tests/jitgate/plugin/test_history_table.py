"""Which earlier runs a run is held against for cells that have vanished: those of the same table, changed the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.plugin import history
from jitgate.plugin.history import HistoryOfState


def table(monkeypatch: pytest.MonkeyPatch, packages: tuple[str, ...] = (), checkpoint: str | None = None) -> str:
    def answers(*_: Any, **__: Any) -> Iterator[tuple[str, Any]]:
        yield from ((name, None) for name in packages)

    monkeypatch.setattr(history, "answers", answers)
    config: Any = SimpleNamespace(rootpath=Path("/root"), getoption=lambda _: checkpoint)
    state: Any = None
    return HistoryOfState(config, Path("/root/pyproject.toml"), state)._table


def test_a_table_that_a_package_changes_declares_other_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = table(monkeypatch)
    assert plain == "pyproject.toml"
    changed = table(monkeypatch, ("mine",))
    assert changed == "pyproject.toml by mine for no directory"
    assert table(monkeypatch, ("mine",), "weights") == "pyproject.toml by mine for weights"
