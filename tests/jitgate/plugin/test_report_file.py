"""A report that can't be written is refused before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate.plugin.report_file import ReportFile
from jitgate.report.formats import Markdown


def test_a_report_that_can_not_be_written_is_bad_input(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "run.md"):
        with pytest.raises(UsageError, match="can't be written; name a file in a folder that exists"):
            ReportFile(path, Markdown(), "pytest")
