"""What a session could not save: each step of its end by itself, and none of them stops another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jitgate.history.problem import HistoryError
from jitgate.model.file_problem import file_problem


class Losses:
    """Sentences on what was lost. A session with one of them is red: what nobody can read is not proven."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    @contextmanager
    def noted(self, what: str) -> Iterator[None]:
        """`what` is saved inside; where that fails it is lost, and the session goes on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a plugin's format, a store, a disk: the others are saved all the same
            told = str(error) if isinstance(error, HistoryError) else file_problem(error)
            self.sentences.append(f"{what}: {told}")

    def lines(self) -> list[str]:
        """For the summary."""
        return [f"NOT SAVED {sentence}" for sentence in self.sentences]
