"""What became of one architecture in one engine, kept in a file as it comes: a study that is stopped goes on there."""

from __future__ import annotations

import enum
import json
from dataclasses import asdict, dataclass
from pathlib import Path


class Fate(enum.StrEnum):
    """parity: the output is eager's, within tolerance. refused: one sentence, which says what to pass or to install.
    differs: the output is another, which a session reports as FAIL. raised: the engine fails by an error of its own.
    limit: time or memory ran out."""

    PARITY = "parity"
    REFUSED = "refused"
    DIFFERS = "differs"
    RAISED = "raised"
    LIMIT = "limit"


@dataclass(frozen=True)
class Tried:
    """says: the sentence, or the relative L2 error. seconds: of processor time, building included."""

    architecture: str
    engine: str
    fate: Fate
    says: str
    seconds: float


def read(path: Path) -> list[Tried]:
    """Everything tried so far; of what was tried twice, the last."""
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    found = [Tried(**{**row, "fate": Fate(row["fate"])}) for row in rows]
    return list({(each.architecture, each.engine): each for each in found}.values())


def add(path: Path, tried: Tried) -> None:
    """Append one line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(tried)) + "\n")
