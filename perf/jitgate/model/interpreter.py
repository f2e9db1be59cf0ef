"""Another Python that the workers of a workload run in, with the packages of its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Interpreter:
    """path: its executable. python, torch: their versions there. versions: of other packages that matter, by name.

    packages: name -> `__init__.py` of packages that its workers take from this environment, next to jitgate itself.
    """

    path: Path
    python: str
    torch: str
    versions: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, Path] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """`Python 3.10.13, torch 2.3.1, transformers 4.51.3`."""
        every = {"Python": self.python, "torch": self.torch, **self.versions}
        return ", ".join(f"{name} {version}" for name, version in every.items())
