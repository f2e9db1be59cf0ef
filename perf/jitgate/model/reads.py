"""What an answer of a worker was made of, outside the worker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reads:
    """Absolute paths of files that were read and folders that were listed, there or not, and names of environment
    variables. unseen: what else was asked, such as another process, whose answer can't be told from content; "" for
    nothing."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    unseen: str = ""


@dataclass(frozen=True)
class ListedScenarios:
    """The scenarios of a workload, in the order of the factory's dict, and what they were made of."""

    names: tuple[str, ...]
    reads: Reads
