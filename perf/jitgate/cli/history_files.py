"""`jitgate history import | export | prune | doctor`: the store as a whole."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from jitgate.cli.history_place import place_of
from jitgate.cli.history_show import Answer, runs_counted
from jitgate.device.private_folder import why_not_plain
from jitgate.model.errors import UsageError

AT_ONCE = 500
"""Runs that one statement removes: for each, a database may look through all points."""


def imported(arguments: argparse.Namespace) -> Answer:
    """Every file that is a run is stored; the others are named, and the exit code is 1."""
    from jitgate.history.append import append
    from jitgate.history.importing import found_in

    stored, known, problems = 0, 0, []
    with place_of(arguments).opened(create=True) as database:
        for path in map(Path, arguments.paths):
            if not path.exists():
                raise UsageError(f"{path}: there is no such file or folder")
            for _, found in found_in(path):
                if isinstance(found, str):
                    problems.append(found)
                elif append(database, found):
                    stored += 1
                else:
                    known += 1
    said = f"stored {runs_counted(stored)}; {known} {'were' if known != 1 else 'was'} there already; "
    said += f"{len(problems)} {'files' if len(problems) != 1 else 'file'} could not be read"
    text = [*problems, said]
    return (1 if problems else 0), "\n".join(text), {"stored": stored, "known": known, "problems": problems}


def exported(arguments: argparse.Namespace) -> Answer:
    """All runs, so that `import` brings them back as they were."""
    from jitgate.history.spool import as_json
    from jitgate.history.transfer import runs_of
    from jitgate.history.whole import damage_of

    path, count = Path(arguments.path), 0
    place = place_of(arguments)
    with place.opened() as database, database.reading() as connection:
        _refuse(path, place.url)
        damage = damage_of(connection)
        if damage:
            raise UsageError(f"{database.name} is not whole: {damage[0]}; `jitgate history doctor` names all of it")
        try:
            with _replacing(path) as file:
                for run in runs_of(connection):
                    file.write(json.dumps(as_json(run)) + "\n")
                    count += 1
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror}") from None
    return 0, f"wrote {runs_counted(count)} to {path}", {"runs": count, "file": str(path)}


def _refuse(path: Path, url: str) -> None:
    """UsageError for a file that is no export: the store itself, or what is no plain file."""
    from jitgate.history.address import parsed

    store = parsed(url)
    files = ("", "-wal", "-shm", "-journal") if store.get_backend_name() == "sqlite" else ()
    own = [Path(f"{store.database}{end}") for end in files]
    if path.resolve() in [each.resolve() for each in own] or any(_is_one(path, each) for each in own):
        raise UsageError(f"{path} is the history itself; name another file")
    if os.path.lexists(path) and why_not_plain(path) is not None:
        raise UsageError(f"{path} is no plain file; name another one")


def _is_one(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A file in the place of `path` once it is whole."""
    draft = path.with_name(f"{path.name}.draft-{os.getpid()}")
    try:
        with draft.open("x", encoding="utf-8") as file:
            yield file
        draft.replace(path)
    except BaseException as error:
        if not isinstance(error, FileExistsError):
            draft.unlink(missing_ok=True)
        raise


def pruned(arguments: argparse.Namespace) -> Answer:
    """Runs go, with their points and rounds, that no series has among its last N accepted ones or later."""
    from sqlalchemy import delete, select

    from jitgate.history.schema import POINT, ROUNDS, RUN
    from jitgate.history.stored import needed_runs

    if arguments.keep < 1:
        raise UsageError("--keep must be at least 1")
    with place_of(arguments).opened() as database, database.writing() as connection:
        old = set(connection.execute(select(RUN.c.id)).scalars()) - needed_runs(connection, arguments.keep)
        going = sorted(old)
        for start in range(0, len(going), AT_ONCE):
            some = going[start : start + AT_ONCE]
            for table, column in ((POINT, POINT.c.run_id), (ROUNDS, ROUNDS.c.run_id), (RUN, RUN.c.id)):
                connection.execute(delete(table).where(column.in_(some)))
    said = (
        f"removed {runs_counted(len(old))}; of every series the last {arguments.keep} accepted ones stay, and all since"
    )
    return 0, said, {"removed": len(old)}


def doctor(arguments: argparse.Namespace) -> Answer:
    """Whether the store is whole, what waits to be stored, and acceptances that have expired."""
    from sqlalchemy import func, select

    from jitgate.history.accepted import read_accepted
    from jitgate.history.schema import POINT, RUN, SERIES
    from jitgate.history.whole import damage_of

    place = place_of(arguments)
    problems = []
    with place.opened() as database, database.reading() as connection:
        counts = {
            name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in (("series", SERIES), ("runs", RUN), ("points", POINT))
        }
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            problems += [] if found == "ok" else [f"{database.name} is damaged: {found}"]
        problems += [f"{database.name}: {each}" for each in damage_of(connection)]
        problems += [f"{database.name} can't be written"] if database.readonly else []
        names = {name: name if count != 1 or name == "series" else name[:-1] for name, count in counts.items()}
        said = f"{database.name}: " + ", ".join(f"{count} {names[name]}" for name, count in counts.items())
    waiting = sorted((place.folder / ".jitgate" / "history-spool").glob("*.json"))
    problems += [f"{path} waits to be stored; the next run stores it" for path in waiting]
    today = datetime.now(UTC).date()
    expired = [entry for entry in read_accepted(place.accepted).entries if entry.expired(today)]
    problems += [f"{place.accepted}: {entry.series} expired on {entry.expires}" for entry in expired]
    return (1 if problems else 0), "\n".join([said, *problems]), {**counts, "problems": problems}
