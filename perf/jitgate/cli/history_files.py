"""`jitgate history import | export | prune | doctor`: the store as a whole."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from jitgate.cli.history_place import place_of
from jitgate.cli.history_show import Answer
from jitgate.model.errors import UsageError


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
    text = [*problems, f"stored {stored} runs; {known} were there already; {len(problems)} files could not be read"]
    return (1 if problems else 0), "\n".join(text), {"stored": stored, "known": known, "problems": problems}


def exported(arguments: argparse.Namespace) -> Answer:
    """All runs, so that `import` brings them back as they were."""
    from jitgate.history.spool import as_json
    from jitgate.history.transfer import runs_of

    path, count = Path(arguments.path), 0
    draft = path.with_name(f"{path.name}.draft")
    try:
        with (
            place_of(arguments).opened() as database,
            database.reading() as connection,
            draft.open("w", encoding="utf-8") as file,
        ):
            for run in runs_of(connection):
                file.write(json.dumps(as_json(run)) + "\n")
                count += 1
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from None
    return 0, f"wrote {count} runs to {path}", {"runs": count, "file": str(path)}


def pruned(arguments: argparse.Namespace) -> Answer:
    """Runs go, with their points and rounds, that no series has among its last N accepted ones or later."""
    from sqlalchemy import delete, select

    from jitgate.history.schema import POINT, ROUNDS, RUN
    from jitgate.history.stored import needed_runs

    if arguments.keep < 1:
        raise UsageError("--keep must be at least 1")
    with place_of(arguments).opened() as database, database.writing() as connection:
        old = set(connection.execute(select(RUN.c.id)).scalars()) - needed_runs(connection, arguments.keep)
        for run_id in old:
            for table, column in ((POINT, POINT.c.run_id), (ROUNDS, ROUNDS.c.run_id), (RUN, RUN.c.id)):
                connection.execute(delete(table).where(column == run_id))
    said = f"removed {len(old)} runs; of every series the last {arguments.keep} accepted ones stay, and all since"
    return 0, said, {"removed": len(old)}


def doctor(arguments: argparse.Namespace) -> Answer:
    """Whether the store is whole, what waits to be stored, and acceptances that have expired."""
    from sqlalchemy import func, select

    from jitgate.history.accepted import read_accepted
    from jitgate.history.schema import POINT, RUN, SERIES

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
        problems += [f"{database.name} can't be written"] if database.readonly else []
        said = f"{database.name}: " + ", ".join(f"{count} {name}" for name, count in counts.items())
    waiting = sorted((place.folder / ".jitgate" / "history-spool").glob("*.json"))
    problems += [f"{path} waits to be stored; the next run stores it" for path in waiting]
    today = datetime.now(UTC).date()
    expired = [entry for entry in read_accepted(place.accepted).entries if entry.expired(today)]
    problems += [f"{place.accepted}: {entry.series} expired on {entry.expires}" for entry in expired]
    return (1 if problems else 0), "\n".join([said, *problems]), {**counts, "problems": problems}
