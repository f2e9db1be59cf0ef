"""What pytest counts as collected: tests that have something to ask, and a line that says what they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from jitgate.plugin.items import cell_of, has_place_for_cell

if TYPE_CHECKING:
    import pytest

Made = TypeVar("Made")


def is_empty(item: pytest.Item) -> bool:
    """Whether this is what pytest makes of a benchmark without any cell: skipped, and it says nothing of use.

    A test of the project is none: it was written to be run.
    """
    return cell_of(item) is None and has_place_for_cell(item) and _is_benchmark(item)


def without_empty(config: pytest.Config, made: Made) -> Made | list[pytest.Item]:
    """What pytest has made of a function, without benchmarks that got no cell: `collected N items` counts what runs.

    They stay where a node id was asked for: pytest would say that there is no such test.
    """
    if not isinstance(made, list) or any("::" in str(each) for each in config.args):
        return made
    return [item for item in made if not is_empty(item)]


def collected_lines(config: pytest.Config, items: Iterable[pytest.Item]) -> list[str]:
    """Below pytest's own `collected N items`: what a test of ours is, and why one may be skipped."""
    count = sum(cell_of(item) is not None and _is_benchmark(item) for item in items)
    if not count or config.option.collectonly or config.option.verbose < 0:
        return []
    judge = "1 test judges one gate" if count == 1 else f"{count} tests judge one gate each"
    return [f"jitgate: {judge}; a test whose gate has no limit is skipped (-rs says which)"]


def _is_benchmark(item: pytest.Item) -> bool:
    return getattr(getattr(item, "module", None), "__name__", "").startswith("jitgate")
