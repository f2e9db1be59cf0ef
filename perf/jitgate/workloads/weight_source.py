"""Where a workload's modules and weights come from: its own with seeded weights, or directories of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class WeightSource:
    """checkpoint: the directory that weights are read from; None for seeded ones. files: those of it that the workload
    reads. checkout: the directory of a user's source code whose modules are measured; None for the workload's own.
    """

    checkpoint: Path | None = None
    checkout: Path | None = None
    files: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the checkpoint that the workload reads."""
        return () if self.checkpoint is None else tuple(self.checkpoint / name for name in self.files)


OURS = WeightSource()
"""The workload's own modules with seeded weights."""


@dataclass
class Use:
    """The files that a factory has read so far."""

    weight_source: WeightSource
    files: set[str] = field(default_factory=set)


_uses: list[Use] = []


@contextmanager
def entered(weight_source: WeightSource) -> Iterator[Use]:
    """While this is open, `current` gives `weight_source`: so a factory, which takes no argument, learns of it."""
    _uses.append(Use(weight_source))
    try:
        yield _uses[-1]
    finally:
        _uses.pop()


def current() -> WeightSource:
    """Where the workload that is being built now comes from."""
    return _uses[-1].weight_source if _uses else OURS


def note_read(file: str) -> None:
    """The factory that is running has read `file` of the checkpoint."""
    if _uses:
        _uses[-1].files.add(file)
