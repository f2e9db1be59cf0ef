"""`--jitgate-report FILE`: the run as a document, in the format that the file's suffix names."""

from __future__ import annotations

import contextlib
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.history.problem import without_password
from jitgate.model.errors import UsageError
from jitgate.plugin.answers import listed
from jitgate.report.writing import require_writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pytest

    from jitgate.gates.results import Results
    from jitgate.report.decision import Ending
    from jitgate.report.formats import ReportFormat


def asked_for(config: pytest.Config, gates_file: Path | None) -> Iterator[ReportFile]:
    """The reports of this session. UsageError where one can't be written."""
    command = shlex.join(["pytest", *(without_password(str(each)) for each in config.invocation_params.args)])
    chosen, for_review = config.getoption("jitgate_report"), config.getoption("jitgate_pull_request")
    start = config.invocation_params.dir
    if chosen and for_review and (start / chosen).resolve() == (start / for_review).resolve():
        raise UsageError(f"--jitgate-report and --jitgate-pull-request both name {chosen}; name two files")
    if chosen:
        report = ReportFile(*_fitting(config, chosen), command, f"--jitgate-report {chosen}")
        report.begin()
        yield report
    if for_review:
        from jitgate.report.pull_request.made import ForReview

        path, where = start / for_review, f"--jitgate-pull-request {for_review}"
        yield ReportFile(path, ForReview(gates_file), command, where)


def remove_earlier(config: pytest.Config) -> None:
    """Remove what an earlier session has left for review, at the start: a run that ends early must not leave it green.

    UsageError for a file that is not named as JSON; a file of somebody else's stays, until it is written over.
    """
    chosen = config.getoption("jitgate_pull_request")
    if not chosen or config.option.collectonly:
        return
    if Path(chosen).suffix != ".json":
        raise UsageError(f"--jitgate-pull-request {chosen} must end in .json")
    from jitgate.report.pull_request.data import LONGEST_BYTES, NotBelieved, read

    path = config.invocation_params.dir / chosen
    with contextlib.suppress(OSError, ValueError, NotBelieved):
        with path.open("rb") as file:
            read(file.read(LONGEST_BYTES + 1))
        path.unlink()


def _fitting(config: pytest.Config, chosen: str) -> tuple[Path, ReportFormat]:
    formats = list(listed(config, "pytest_jitgate_reports", object))
    path = config.invocation_params.dir / chosen
    fitting = next((each for each in formats if path.suffix == getattr(each, "suffix", None)), None)
    if fitting is None:
        known = ", ".join(str(getattr(each, "suffix", "?")) for each in formats)
        raise UsageError(f"--jitgate-report {chosen}: no format has the suffix {path.suffix!r}; there are: {known}")
    return path, fitting


def where_written(reports: Iterable[ReportFile]) -> list[str]:
    """A sentence on each that was written."""
    return [f"the report lies in {report.path}" for report in reports if report.written]


class ReportFile:
    """Checked before the first measurement, written after the last one. UsageError where it can't be."""

    def __init__(self, path: Path, fitting: ReportFormat, command: str, where: str) -> None:
        self.path = path
        self.written = False
        self._format = fitting
        self._command = command
        require_writable(path, where)

    def begin(self) -> None:
        """A run begins: what an earlier one has written must not be taken for its report."""
        self.path.unlink(missing_ok=True)

    def write(self, results: Results, facts: Mapping[str, object], ending: Ending) -> None:
        """Write it. Raises what the format or the file system raises; there is no file then, also none of before."""
        from jitgate.report.formats import Run

        run = Run(datetime.now(UTC).date(), facts, self._command, ending)
        try:
            self.path.write_text(self._format.render(results, run), encoding="utf-8")
        except BaseException:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
            raise
        self.written = True
