"""Files that exported engines load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jitgate.model.variant import VariantSpec


@dataclass(frozen=True)
class ArtefactFile:
    """A file that an exported engine loads. facts: what the engine checks when it loads it."""

    path: Path
    facts: Mapping[str, str] = field(default_factory=dict)


Files = Mapping[str, ArtefactFile]
"""Signature of a call -> the file that serves it; empty for a variant that is not exported."""


@dataclass(frozen=True)
class StageVariant:
    """How one stage of a pipeline is to be run."""

    stage: str
    variant: VariantSpec
    files: Files = field(default_factory=dict)
