"""The other commit in a pytest session: what the options ask for, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jitgate.model.errors import UsageError
from jitgate.plugin.items import cell_of

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State
    from jitgate.trees.asked import AskedBase


UNJUDGED = "note: max_slowdown is judged in sessions with --jitgate-base, and not in this one"


class BaseOfState:
    """What a session does with `--jitgate-base`. Nothing is checked out before it is needed."""

    def __init__(self, config: pytest.Config, file: Path | None, state: State) -> None:
        self._config = config
        self._file = file
        self._state = state

    @cached_property
    def wanted(self) -> bool:
        """Whether this session compares with another commit, or another environment."""
        option = self._config.getoption
        asked = ("base", "base_python", "base_install", "bisect")
        if any(option(f"jitgate_{name}") == "" for name in ("base", "base_python")):
            raise UsageError(
                "--jitgate-base and --jitgate-base-python can't be empty, as where a workflow's variable is not set: "
                "name a commit, or leave the option out"
            )
        return any(option(f"jitgate_{name}") for name in asked) and not option("jitgate_smoke")

    @cached_property
    def asked(self) -> AskedBase | None:
        """Checked out; None where no option asks for it. UsageError for what can't be."""
        if not self.wanted:
            return None
        from jitgate.trees.asked import Wish, resolve
        from jitgate.trees.environment import environment

        option, start = self._config.getoption, self._config.invocation_params.dir
        kept = self._config.rootpath / ".jitgate"
        python, wanted = option("jitgate_base_python"), option("jitgate_base_install")
        if python and wanted:
            raise UsageError("--jitgate-base-install makes the environment that --jitgate-base-python names; give one")
        if wanted:
            self._state.progress.busy(f"installing {', '.join(wanted)} for the base")
            python = environment(wanted, kept / "environments")
        bisected = option("jitgate_bisect")
        wish = Wish(
            bisected[0] if bisected else option("jitgate_base") or "",
            self._file or start / "pyproject.toml",
            start,
            kept / "trees",
            None if python is None else start / python,
            same=option("jitgate_aa"),
            dirty=option("jitgate_allow_dirty"),
            paths=() if bisected else self._state.policy.measured_paths,
        )
        self._state.progress.busy(f"checking out the base {wish.base}")
        return resolve(wish)

    def skip_unchanged(self, items: Iterable[pytest.Item]) -> None:
        """Where nothing that is measured can differ, no performance test is run; each says why."""
        if self.asked is not None and self.asked.unchanged:
            for item in items:
                if cell_of(item) is not None:
                    item.add_marker(pytest.mark.skip(reason=f"Nothing to measure: {self.asked.unchanged}."))

    @property
    def unchanged(self) -> str:
        """Why there is nothing to measure; "" where there is something."""
        return "" if self._known is None else self._known.unchanged

    def removed(self) -> list[str]:
        """A line for each benchmark that the base declares and the head does not, by which the session is red."""
        known = self._known
        if known is None or known.table is None:
            return []
        from jitgate.plugin.discovery import UNKNOWN
        from jitgate.trees.declared import removed

        settings = self._state.policy.history
        retired = (*settings.retired, *self._state.history.session.accepted.retired)
        narrowed = self._config.getoption("jitgate_select")
        told = [cell.id for cell in self._state.all_cells if cell.scenario not in UNKNOWN]
        return [
            f"REMOVED {each}: {known.comparison.text} declares it, and the head does not; bring it back, name its "
            'successor in aliases, or `jitgate history retire "..." --reason "..."`'
            for each in removed(known.table, self._head_table, settings.now, retired, narrowed, told)
        ]

    def lines(self) -> list[str]:
        """What is said at the end: nothing to measure, what must be known of both sides, benchmarks that went."""
        known = self._known
        if known is None:
            if not self._state.measured:  # the table may be what is wrong
                return []
            keys = [key for gate in self._state.policy.gates for key in gate.limits]
            return [UNJUDGED] if any(key.startswith("max_slowdown") for key in keys) else []
        said = [f"Nothing to measure: {self.unchanged}."] if self.unchanged else []
        return [*said, *(f"note: {note}" for note in known.comparison.notes), *self.removed()]

    @property
    def _known(self) -> AskedBase | None:
        """What was checked out; None where a session ended before that."""
        return vars(self).get("asked")

    @property
    def _head_table(self) -> Mapping[str, Any] | None:
        from jitgate.trees.tables import table_at

        return None if self._file is None else table_at(self._file)
