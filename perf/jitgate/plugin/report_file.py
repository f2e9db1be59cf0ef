"""`--jitgate-report FILE`: the run as a document, in the format that the file's suffix names."""

from __future__ import annotations

import contextlib
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError
from jitgate.plugin.answers import listed
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
    formats = list(listed(config, "pytest_jitgate_reports", object))
    path = config.invocation_params.dir / chosen
    fitting = next((each for each in formats if path.suffix == getattr(each, "suffix", None)), None)
    if fitting is None:
        known = ", ".join(str(getattr(each, "suffix", "?")) for each in formats)
        raise UsageError(f"--jitgate-report {chosen}: no format has the suffix {path.suffix!r}; there are: {known}")
    report = ReportFile(path, fitting, shlex.join(["pytest", *map(str, config.invocation_params.args)]), chosen)
    report.begin()
    return report


class ReportFile:
    """Checked before the first measurement, written after the last one. UsageError where it can't be."""

    def __init__(self, path: Path, fitting: ReportFormat, command: str, shown: str) -> None:
        self.path = path
        self.written = False
        self._format = fitting
        self._command = command
        require_writable(path, f"--jitgate-report {shown}")

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
