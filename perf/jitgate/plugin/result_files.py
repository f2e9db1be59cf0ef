"""Files that a session is to write: those of an earlier one are removed before anything can go wrong.

`pytest_jitgate` loads this file by its place on the disk, so it imports nothing of the package.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

OPTIONS = {
    "benchmark_json": "--benchmark-json",
    "xmlpath": "--junitxml",
    "jitgate_report": "--jitgate-report",
    "report_log": "--report-log",
    "htmlpath": "--html",
    "json_report_file": "--json-report-file",
}
"""Destination of an option -> its name: pytest's own, pytest-benchmark's, ours, and those of three report plugins."""

ASKING = ("help", "version", "showfixtures", "show_fixtures_per_test", "markers", "cacheshow", "collectonly")
"""Options with which pytest runs no test and no file is written, or none that tells of results."""


def remove_earlier(options: argparse.Namespace, start: Path) -> None:
    """Remove what an earlier session wrote to the files that this one is to write.

    start: the folder that relative paths begin in. pytest.UsageError where one can't be removed: it would be taken for
    the result of this session.
    """
    if any(getattr(options, name, None) for name in ASKING) or "PYTEST_XDIST_WORKER" in os.environ:
        return
    for option, path in _named(options, start):
        try:
            if stat.S_ISREG(path.stat().st_mode):
                path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise pytest.UsageError(
                f"{option} {path} is of an earlier session and can't be removed ({why}); remove it yourself"
            ) from None


def _named(options: argparse.Namespace, start: Path) -> Iterator[tuple[str, Path]]:
    for name, option in OPTIONS.items():
        value = getattr(options, name, None)
        if isinstance(value, str | Path) and str(value):
            # As each of them reads it: a home directory and variables are expanded for --junitxml alone.
            text = Path(os.path.expandvars(value)).expanduser() if name == "xmlpath" else value
            yield option, start / text


def write_without_durations(session: pytest.Session, found: Mapping[str, Any]) -> None:
    """Write `--benchmark-json` where pytest-benchmark does not, since no test entered a duration.

    found: what the session concluded. Durations that are written are left alone.
    """
    config = session.config
    path = getattr(config.option, "benchmark_json", None)
    if not isinstance(path, Path) or (config.invocation_params.dir / path).exists():
        return
    import json

    hook = config.hook
    machine, commit = {}, {}
    with contextlib.suppress(Exception):  # of another plugin: the verdicts are written whatever it does
        machine = hook.pytest_benchmark_generate_machine_info(config=config)
        commit = hook.pytest_benchmark_generate_commit_info(config=config)
    content = {"machine_info": machine, "commit_info": commit, "benchmarks": [], "jitgate": dict(found)}
    try:
        (config.invocation_params.dir / path).write_text(json.dumps(content, indent=4), encoding="utf-8")
    except OSError as error:
        from jitgate.model.printable import printable

        said = printable(f"jitgate: --benchmark-json {path} can't be written: {error.strerror}")
        config.get_terminal_writer().line(said)
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
