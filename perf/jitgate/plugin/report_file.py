"""`--jitgate-report FILE.md`: the run as a document that can be committed."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from jitgate.plugin.session_state import State


def asked_for(config: pytest.Config) -> ReportFile | None:
    """The report of this session; None where nobody wants one."""
    chosen, invoked = config.getoption("jitgate_report"), config.invocation_params
    return ReportFile(invoked.dir / chosen, [str(each) for each in invoked.args]) if chosen else None


class ReportFile:
    """Checked before the first measurement, written after the last one. UsageError where it can't be."""

    def __init__(self, path: Path, arguments: Sequence[str]) -> None:
        self._path = path
        self._arguments = arguments
        where = path if path.exists() else path.parent
        if path.is_dir() or not where.exists() or not os.access(where, os.W_OK):
            raise UsageError(f"--jitgate-report {path} can't be written; name a file in a folder that exists")

    def write(self, state: State) -> str:
        """A sentence for the summary: where the report lies, or why it does not."""
        from jitgate_cosyvoice.claims import table

        from jitgate.report.document import heading, sections

        measurements = list(state.measurements.done.values())
        lines = [
            *heading(datetime.now(UTC).date(), state.fingerprint.facts(), shlex.join(["pytest", *self._arguments])),
            *table.markdown(state.claims.rows()),
            *sections(state.policy, state.judge, measurements),
        ]
        try:
            self._path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
        except OSError as error:
            return f"the report {self._path} could not be written: {error.strerror}"
        return f"the report lies in {self._path}"
