"""The first bad of many commits, in as few steps as halving takes."""

from __future__ import annotations

import math

import pytest
from jitgate.model.errors import UsageError
from jitgate.trees.git import Repository
from jitgate.trees.history_between import commits_between, halved

from tests.jitgate.trees.conftest import Project


@pytest.mark.parametrize("count", [1, 2, 3, 7, 16, 33])
def test_the_first_bad_commit_is_found_in_logarithmic_steps(count: int) -> None:
    commits = [str(number) for number in range(count)]
    for first in range(count):
        found = halved(commits, lambda commit, first=first: int(commit) >= first)  # type: ignore[misc]
        assert (found.first, found.unknown) == (str(first), ())
        assert found.steps <= math.ceil(math.log2(count)) if count > 1 else found.steps == 0


def test_a_commit_that_cannot_be_measured_is_named_next_to_what_is_found() -> None:
    found = halved([str(number) for number in range(8)], lambda commit: None if commit == "3" else int(commit) >= 3)
    assert (found.first, found.unknown) == ("4", ("3",))


def test_a_commit_that_cannot_be_measured_elsewhere_does_not_matter() -> None:
    found = halved([str(number) for number in range(8)], lambda commit: None if commit == "3" else int(commit) >= 6)
    assert (found.first, found.unknown) == ("6", ())


def test_commits_are_listed_from_the_oldest(project: Project) -> None:
    ids = [project.git("rev-parse", "HEAD~1")]
    ids += [project.git("rev-parse", "HEAD"), project.commit(toy="WHO = 3\n"), project.commit(toy="WHO = 4\n")]
    assert commits_between(Repository(project.path), ids[0], "main") == ids[1:]
    with pytest.raises(UsageError, match="does not come after main"):
        commits_between(Repository(project.path), "main", ids[0])
