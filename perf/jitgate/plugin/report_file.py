"""`--jitgate-report FILE`: the run as a document, in the format that the file's suffix names."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.report.writing import require_writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from jitgate.gates.results import Results
    from jitgate.report.decision import Ending
    from jitgate.report.formats import ReportFormat


def asked_for(config: pytest.Config) -> ReportFile | None:
    """The report of this session; None without the option. UsageError where it can't be written."""
    chosen = config.getoption("jitgate_report")
    if not chosen:
        return None
    formats = [each for found in config.hook.pytest_jitgate_reports() for each in found]
    path = config.invocation_params.dir / chosen
    fitting = next((each for each in formats if path.suffix == each.suffix), None)
    if fitting is None:
        known = ", ".join(each.suffix for each in formats)
        raise UsageError(f"--jitgate-report {chosen}: no format has the suffix {path.suffix!r}; there are: {known}")
    return ReportFile(path, fitting, shlex.join(["pytest", *map(str, config.invocation_params.args)]), chosen)


class ReportFile:
    """Checked before the first measurement, written after the last one. UsageError where it can't be."""

    def __init__(self, path: Path, fitting: ReportFormat, command: str, shown: str) -> None:
        self._path = path
        self._format = fitting
        self._command = command
        require_writable(path, f"--jitgate-report {shown}")

    def write(self, results: Results, facts: Mapping[str, object], ending: Ending) -> str:
        """A sentence for the summary: where the report lies, or why it does not."""
        from jitgate.report.formats import Run

        run = Run(datetime.now(UTC).date(), facts, self._command, ending)
        try:
            self._path.write_text(self._format.render(results, run), encoding="utf-8")
        except OSError as error:
            return f"the report {self._path} could not be written: {error.strerror}"
        except Exception as error:  # noqa: BLE001 - a format of another package may raise whatever
            return f"the report {self._path} could not be made: {shortly(error)}"
        return f"the report lies in {self._path}"
