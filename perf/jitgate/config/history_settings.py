"""What a project says of its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

OFF = "off"


@dataclass(frozen=True)
class Retired:
    """What goes on purpose. pattern: a glob of `workload/scenario/variant`, or with `/gate` of one gate alone."""

    pattern: str
    reason: str

    def covers(self, cell_id: str, gate: str = "") -> bool:
        """Whether the cell, or the gate of it, is retired."""
        fields = self.pattern.split("/")
        if len(fields) > 3:
            return bool(gate) and fnmatchcase(f"{cell_id}/{gate}", self.pattern)
        return fnmatchcase(cell_id, "/".join([*fields, *["*"] * (3 - len(fields))]))


@dataclass(frozen=True)
class HistorySettings:
    """url: where the store is; "" for the default, `off` for none. min_history: accepted runs before any judging.

    aliases: earlier `workload/scenario` or `workload/scenario/variant` -> what it is called now. keep_rounds: whether
    the rounds themselves are stored too. accepted: the file of accepted changes; "" for `perf/accepted.toml` in the
    folder of the table's file.
    """

    url: str = ""
    min_history: int = 3
    aliases: Mapping[str, str] = field(default_factory=dict)
    retired: tuple[Retired, ...] = ()
    keep_rounds: bool = False
    accepted: str = ""

    def before(self, cell_id: str) -> list[str]:
        """What a cell was called in earlier runs."""
        return [
            "/".join((*earlier.split("/"), *cell_id.split("/")[new.count("/") + 1 :]))
            for earlier, new in self.aliases.items()
            if cell_id == new or cell_id.startswith(f"{new}/")
        ]

    def now(self, cell_id: str) -> str:
        """What a cell of an earlier run is called now."""
        fields = cell_id.split("/")
        for length in (3, 2, 1):
            new = self.aliases.get("/".join(fields[:length]))
            if new is not None:
                return "/".join([*new.split("/"), *fields[length:]])
        return cell_id
