"""Sizes that a configuration tells, wherever in its nested tables they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SPECIAL = ("token_id", "token_index", "word_index")


class ConfigFacts:
    """A configuration as a table, searched breadth first: what the whole says goes before what its parts say."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._tables = list(_breadth_first(table))

    def size(self, *names: str) -> int | None:
        """The first whole number under any of `names`; of a list, its first; of `{height, width}`, the height."""
        for name in names:
            for value in self._values(name):
                first = value[0] if isinstance(value, list | tuple) and value else value
                first = first.get("height", first.get("shortest_edge")) if isinstance(first, dict) else first
                if type(first) is int and first > 0:
                    return first
        return None

    def sides(self, name: str) -> tuple[int, int] | None:
        """Height and width of an image; None where nothing is told."""
        for value in self._values(name):
            if type(value) is int and value > 0:
                return value, value
            if isinstance(value, list | tuple) and len(value) == 2 and all(type(each) is int for each in value):
                return value[0], value[1]
            if isinstance(value, dict) and "height" in value:
                return int(value["height"]), int(value["width"])
        return None

    def value(self, name: str) -> Any:
        """What the whole says under `name`, else the first part; None where nothing does."""
        return next(iter(self._values(name)), None)

    def tokens(self) -> tuple[int, int] | None:
        """The first and the last token that is no special one; None where there is no vocabulary."""
        size = self.size("vocab_size", "n_vocab", "text_vocab_size", "num_text_tokens", "n_words")
        if size is None:
            return None
        special = {
            each
            for table in self._tables
            for key, value in table.items()
            if isinstance(key, str) and key.endswith((*SPECIAL, "token_ids", "pad_index", "bos_index", "eos_index"))
            for each in (value if isinstance(value, list) else [value])
            if type(each) is int
        }
        # Special tokens stand at either end of a vocabulary; one in the middle is met by one draw in thousands.
        low = max((each for each in special if each < min(16, size // 4)), default=-1) + 1
        high = min((each for each in special if size // 2 < each < size), default=size) - 1
        return low, max(low, high)

    def _values(self, name: str) -> Iterator[Any]:
        return (table[name] for table in self._tables if table.get(name) is not None)


def _breadth_first(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    level = [table]
    while level:
        yield from level
        level = [value for each in level for value in each.values() if isinstance(value, Mapping)]
