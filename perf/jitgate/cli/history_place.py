"""Which history a command is about: that of the project around the current folder, or one that is named."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.config.history_settings import OFF, HistorySettings
from jitgate.config.history_table import parse_history
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from jitgate.history.database import Database
    from jitgate.history.stored import StoredSeries


@dataclass(frozen=True)
class Place:
    """folder: of the project. settings: of its table. url: of the store."""

    folder: Path
    settings: HistorySettings
    url: str

    @property
    def accepted(self) -> Path:
        """The file of accepted changes."""
        return self.folder / (self.settings.accepted or "perf/accepted.toml")

    @contextmanager
    def opened(self, *, create: bool = False) -> Iterator[Database]:
        """The store. UsageError, in the store's own sentence, for one that can't be used."""
        from jitgate.history.database import open_database
        from jitgate.history.problem import HistoryError

        try:
            database = open_database(self.url, create=create)
        except FileNotFoundError:
            raise UsageError(
                f"there is no history at {self.url}; a run of pytest makes one, or name it with --history"
            ) from None
        except HistoryError as problem:
            raise UsageError(str(problem)) from None
        try:
            yield database
        except HistoryError as problem:
            raise UsageError(str(problem)) from None
        finally:
            database.close()


def place_of(arguments: argparse.Namespace) -> Place:
    """Of the nearest pyproject.toml that has the table; UsageError for a history that is switched off."""
    here = Path.cwd()
    folder, settings = here, HistorySettings()
    for each in (here, *here.parents):
        file = each / "pyproject.toml"
        table = _table(file)
        if table is not None:
            folder, settings = each, parse_history(table, f"{file}, [tool.jitgate]")
            break
    url = arguments.history or settings.url or str(folder / ".jitgate" / "history.db")
    if url == OFF:
        raise UsageError("the history is switched off; name one with --history")
    return Place(folder, settings, url)


def _table(file: Path) -> dict[str, object] | None:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("jitgate")
    except OSError:
        return None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from None
    return found if isinstance(found, dict) else None


def matching(series: list[StoredSeries], pattern: str) -> list[StoredSeries]:
    """Series of a glob, WORKLOAD/SCENARIO/VARIANT/METRIC, what is left out at the end being everything.

    UsageError where there are none.
    """
    exact = [each for each in series if each.key.id == pattern]
    fields = pattern.split("/")
    whole = "/".join([*fields, *["*"] * (4 - len(fields))])
    found = exact or [each for each in series if fnmatchcase(each.key.id, whole)]
    if not found:
        some = ", ".join(dict.fromkeys(each.key.id for each in series[:5])) or "none"
        raise UsageError(f"{pattern!r} matches no series (there are: {some})")
    return found
