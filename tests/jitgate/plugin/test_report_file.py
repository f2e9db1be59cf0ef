"""A report that can't be written is refused before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.history.problem import without_password
from jitgate.model.errors import UsageError
from jitgate.plugin.report_file import ReportFile
from jitgate.report.formats import Markdown


def test_a_report_that_can_not_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "nowhere" / "run.md", tmp_path / "file" / "run.md", tmp_path / ("a" * 300)):
        with pytest.raises(UsageError, match=r"can't be written \(.+\); name a file in a folder that exists"):
            ReportFile(path, Markdown(), "pytest", f"--jitgate-report {path.name}")


def test_asking_leaves_no_file_and_harms_none(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("of before")
    for name in ("old.md", "new.md"):
        ReportFile(tmp_path / name, Markdown(), "pytest", f"--jitgate-report {name}")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("old.md", "of before")]


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:s3cret@db/perf",
        "--jitgate-history=postgresql+psycopg://me:s3cret@db/perf?sslmode=require",
        "postgresql://me:s3 cret/s3cret@@db/perf",
        "postgresql://db/perf?user=me&password=s3cret&sslmode=require",
    ],
)
def test_no_password_of_a_store_stands_in_a_report(given: str) -> None:
    found = without_password(given)
    assert "s3" not in found
    assert "***" in found
    assert "db/perf" in found


@pytest.mark.parametrize("given", ["--jitgate-select=my.encoder/*", "https://example.invalid/a@b", "a:b@c", "-k x"])
def test_words_without_a_password_stay_as_they_are(given: str) -> None:
    assert without_password(given) == given
