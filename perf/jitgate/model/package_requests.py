"""What a worker is asked about the packages that a workload's module comes in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jitgate.model.requests import Request


@dataclass(frozen=True)
class PackagesTaken:
    """Memory that importing packages took: no part of a model, and the same in every worker."""

    bytes: int


@dataclass(frozen=True)
class ImportPackages(Request[PackagesTaken]):
    """Import what the module of `factory` comes in, before anything of the model is there.

    packages: `package.module:callable` that does it, and is given the factory's name. where, checkpoint, checkout: as
    `OpenModel` has them.
    """

    phase: ClassVar[str] = "importing the packages of the model"
    packages: str
    factory: str
    where: str
    checkpoint: Path | None = None
    checkout: Path | None = None
