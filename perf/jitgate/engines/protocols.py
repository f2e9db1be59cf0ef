"""What a way of running a model has to be able to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch

Runner = Callable[..., Any]
Facts = Mapping[str, str]


class Exported(Protocol):
    """Ships a file: exported once by a process of its own, cached by content, loaded by the worker that is measured.

    suffix: ending of the file, as in `.zip`.
    per_signature: whether one file serves only calls of one signature (see `jitgate.worker.content.signature`).
    options: whatever changes the file; part of the cache key.
    """

    suffix: str
    per_signature: bool

    def options(self) -> Mapping[str, object]: ...

    def unavailable(self) -> str | None:
        """Why an export can't work here, with the remedy; None where it can."""
        ...

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        """Write `path` from `module`; `calls` are all the inputs that the file has to serve.

        Returns what `load` needs to recognise the file, as plain strings; it is kept with the file.
        """
        ...

    def load(self, path: Path, device: str, facts: Facts) -> Runner:
        """Load `path` and prove that it is what it says; raises RuntimeError where it is not."""
        ...
