"""The commits between two, and halving them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jitgate.model.errors import UsageError
from jitgate.model.source_tree import SourceTree
from jitgate.trees.asked import AskedBase, with_head
from jitgate.trees.checkout import checked_out, key_of
from jitgate.trees.git import Repository


@dataclass(frozen=True)
class Found:
    """first: the first bad commit. unknown: commits next to it that could not be measured, of which one may be it.
    steps: how many commits were looked at between the two."""

    first: str
    unknown: tuple[str, ...]
    steps: int


def commits_between(repository: Repository, good: str, bad: str) -> list[str]:
    """After `good` up to `bad`, the oldest first, along first parents. UsageError where `bad` does not come later."""
    first, last = repository.commit(good), repository.commit(bad)
    if repository.answers("merge-base", "--is-ancestor", first, last) is None or first == last:
        raise UsageError(f"--jitgate-bisect {good} {bad}: {bad} does not come after {good}; name the good commit first")
    found = repository.ask("rev-list", "--first-parent", "--reverse", f"{first}..{last}").splitlines()
    return [commit for commit in found if commit]


def halved(commits: Sequence[str], is_bad: Callable[[str], bool | None]) -> Found:
    """The first bad one of `commits`, whose last one is bad. is_bad: None for a commit that can't be measured, whose
    neighbours are then looked at. At most ceil(log2(n)) of n commits are looked at where all can be."""
    good, bad, steps = -1, len(commits) - 1, 0
    unknown: set[int] = set()
    while open_ := [place for place in range(good + 1, bad) if place not in unknown]:
        middle = min(open_, key=lambda place: abs(2 * place - (good + bad)))
        steps += 1
        answer = is_bad(commits[middle])
        if answer is None:
            unknown.add(middle)
        elif answer:
            bad = middle
        else:
            good = middle
    return Found(commits[bad], tuple(commits[place] for place in range(good + 1, bad)), steps)


def subject(repository: Repository, commit: str) -> str:
    """The first line of a commit's message."""
    return repository.answers("show", "--no-patch", "--format=%s", commit) or ""


def as_head(repository: Repository, asked: AskedBase, commit: str, state: Path) -> AskedBase:
    """The same base, with the head's workers in a checkout of `commit`."""
    roots = checked_out(repository, commit, state, key_of(repository, commit))
    like = next(iter(asked.trees.values()))
    return with_head(asked, SourceTree("", next(iter(roots.values())), like.head, commit, own=like.own))
