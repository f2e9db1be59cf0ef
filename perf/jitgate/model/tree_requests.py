"""What a worker is asked about the checkout that it imports from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from jitgate.model.answers import Done
from jitgate.model.requests import Request
from jitgate.model.source_tree import Origin, SourceTree


@dataclass(frozen=True)
class TreeProof:
    """What a worker has imported. commit: as the checkout itself says; "" where it has none. loaded: module -> file, of
    what lies below the roots that were asked about, in fact or by its name; elsewhere: of what lies there neither, nor
    is installed; installed: of what is installed under a name that one of the roots has too. versions: of Python and of
    what is installed."""

    commit: str
    loaded: Mapping[str, str]
    origin: Origin
    versions: Mapping[str, str]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    installed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EnterTree(Request[Done]):
    """Import the project from a checkout from now on; `from_head`: modules that still come from the head."""

    phase: ClassVar[str] = "entering its checkout"
    tree: SourceTree
    from_head: Mapping[str, str]


@dataclass(frozen=True)
class ProveTree(Request[TreeProof]):
    """Say where everything below these folders was imported from."""

    phase: ClassVar[str] = "saying where its modules come from"
    roots: tuple[Path, ...]
