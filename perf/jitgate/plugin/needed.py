"""Which workloads a selection can need, from their names alone: only their factories are asked for scenarios."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.cell import CellPattern

if TYPE_CHECKING:
    import pytest

    from jitgate.workloads.spec import WorkloadSpec

OPTION = "--jitgate-select"

MOST_WORDS = 8
"""Words of a `-k` expression whose truth values are tried: 256 of them take no time, and people write two or three."""

MOST_FILES = 500
"""Files of tests that are searched for a word of `-k`: some milliseconds."""


def needed(config: pytest.Config, workloads: Mapping[str, WorkloadSpec]) -> frozenset[str]:
    """Those of `workloads` that `--jitgate-select`, `-k` and node ids may leave a test of.

    Raises UsageError for a pattern that is none.
    """
    patterns = [CellPattern.parse(text, OPTION) for text in config.getoption("jitgate_select")]
    found = {
        name for name in workloads if not patterns or any(fnmatchcase(name, pattern.workload) for pattern in patterns)
    }
    if config.args and all(_workload_of(arg) in workloads for arg in config.args):
        found &= {_workload_of(arg) for arg in config.args}
    tests = partial(_in_tests, config.args, config.invocation_params.dir)
    return frozenset(name for name in found if may_be_meant(config.option.keyword, name, workloads, tests))


def _workload_of(arg: str) -> str:
    """`my.mlp` of `test_speed.py::test_it[my.mlp/short/eager]`; "" for any other argument."""
    _, bracket, cell = arg.partition("[")
    return cell.split("/")[0] if bracket and "::" in arg else ""


def may_be_meant(
    expression: str,
    workload: str,
    workloads: Mapping[str, WorkloadSpec],
    in_tests: Callable[[str], bool] = lambda _: True,
) -> bool:
    """Whether `-k` can be true of a test of `workload`, whatever its function and its scenario are called.

    in_tests: whether a word may be part of a function's name, of its file's, or of a mark. A word with a dot in it is
    not: what lies in the name of another workload, and not in this one's, is about that one. So is a word that is
    the whole name of another one, unless a test has it.
    """
    # pytest's own expressions, as pytest 8.2 to 9.2 have them: `-k` must not be read in two ways.
    from _pytest.mark.expression import Expression

    if not expression.strip():
        return True
    try:
        compiled = Expression.compile(expression)
    except Exception:  # noqa: BLE001 - pytest says itself what is wrong with it
        return True
    words: dict[str, tuple[bool, ...]] = {}
    own = [name.lower() for name in (*workloads[workload].variants, *workloads[workload].scenarios)]

    def note(word: str, /, **_: object) -> bool:
        low = word.lower()
        others = [other.lower() for other in workloads if other != workload]
        dotted = "." in low and not low.endswith(".py") and any(low in other for other in others)
        if low in workload.lower():
            words[word] = (True,)
        elif (dotted or (low in others and not in_tests(low))) and not any(low in name for name in own):
            words[word] = (False,)
        else:
            words[word] = (True, False)
        return words[word][0]

    # An expression stops at the first word that decides it: all words are met once no new one comes.
    known = -1
    while known < len(words) <= MOST_WORDS:
        known = len(words)
        for truth in _truths(words):
            if compiled.evaluate(lambda word, /, truth=truth, **_: truth[word] if word in truth else note(word)):
                return True
    return len(words) > MOST_WORDS


def _in_tests(args: Sequence[str], start: Path, word: str) -> bool:
    """Whether a word stands anywhere in the files that the command line names, or in their paths; True where that can't
    be told."""
    for arg in args:
        place = start / arg.partition("::")[0]
        folder = place if place.exists() else _folder_of(arg.partition("::")[0])
        if folder is None:
            return True
        files = sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]
        if len(files) > MOST_FILES or word in str(folder).lower():
            return True
        if any(word in f"{file}\n{file.read_text(encoding='utf-8', errors='replace')}".lower() for file in files):
            return True
    return False


def _folder_of(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _truths(words: dict[str, tuple[bool, ...]]) -> list[dict[str, bool]]:
    return [dict(zip(words, values, strict=True)) for values in product(*words.values())]
