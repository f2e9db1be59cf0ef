"""What became of each row, kept in a file as it comes: a matrix that is stopped goes on there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tried:
    """One row. problems: what was not as the row says. lacks: why it was not run. day: as in `2026-11-27` (UTC)."""

    part: str
    name: str
    code: int | None
    says: str
    problems: tuple[str, ...]
    lacks: str
    took_s: float
    day: str


def read(path: Path) -> dict[str, Tried]:
    """By name; of what was tried twice, the last."""
    if not path.is_file():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return {row["name"]: Tried(**{**row, "problems": tuple(row["problems"])}) for row in rows}


def add(path: Path, tried: Tried) -> None:
    """Append one line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(tried), ensure_ascii=True) + "\n")
