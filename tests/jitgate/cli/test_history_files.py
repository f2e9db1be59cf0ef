"""`jitgate history` moves whole stores: nothing that is no export is replaced, and bad input is a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jitgate.cli.main import main
from jitgate.history.append import append
from jitgate.history.database import open_database

from tests.jitgate.history.runs import run_of


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".jitgate" / "history.db"
    database = open_database(str(path))
    append(database, run_of(1.0))
    database.close()
    return path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["history", *arguments]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_an_export_never_replaces_the_store(store: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before = store.read_bytes()
    os.link(store, tmp_path / "hard.jsonl")
    (tmp_path / "soft.jsonl").symlink_to(store)
    for name in (".jitgate/history.db", str(store), ".jitgate/../.jitgate/history.db", "hard.jsonl", "soft.jsonl"):
        assert "is the history itself" in refused(capsys, "export", name)
    assert "is the history itself" in refused(capsys, "export", ".jitgate/history.db-wal")
    assert store.read_bytes() == before


def test_an_export_replaces_plain_files_alone(store: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    names = ["folder", "link"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        names.append("pipe")
    for name in names:
        assert "is no plain file" in refused(capsys, "export", name)
    assert "can't be written" in refused(capsys, "export", "not/there.jsonl")
    (tmp_path / "old.jsonl").write_text("old")
    assert main(["history", "export", "old.jsonl"]) == 0
    assert capsys.readouterr().out == "wrote 1 run to old.jsonl\n"
    assert "old" not in (tmp_path / "old.jsonl").read_text().split()
    assert not list(tmp_path.glob("*.draft*"))


def test_a_number_of_runs_that_no_store_has(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "prune", "--keep", "9" * 30]) == 0
    assert "removed 0 runs" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["history", "prune", "--keep", "many"])
    assert ended.value.code == 4


@pytest.mark.parametrize("word", ["off", "OFF", "Off"])
def test_off_is_no_file(store: Path, capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert "switched off" in refused(capsys, "import", "x.jsonl", "--history", word)
    assert not Path(word).exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe is a file on POSIX only")
@pytest.mark.parametrize("name", ["perf/accepted.toml", "pyproject.toml", "other.db"])
def test_a_pipe_is_not_waited_for(store: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    os.mkfifo(name)
    arguments = ["doctor", *(["--history", name] if name.endswith(".db") else [])]
    if name == "pyproject.toml":
        assert main(["history", *arguments]) == 0
    else:
        assert "plain file" in (said := refused(capsys, *arguments)) or "ordinary file" in said


def test_a_history_that_is_not_there_is_named_without_a_password(capsys: pytest.CaptureFixture[str]) -> None:
    assert "hunter2" not in refused(capsys, "list", "--history", "/nowhere/me:hunter2@h.db")


def test_a_path_that_is_too_long_is_a_sentence(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("import", "x" * 5000), ("export", "x" * 5000), ("list", "--history", "x" * 5000)):
        refused(capsys, *arguments)


def test_the_folder_of_the_store_is_kept_out_of_git(store: Path) -> None:
    file = store.parent / ".gitignore"
    assert file.read_text().splitlines()[-1] == "*"
    file.write_text("mine")
    store.unlink()
    open_database(str(store)).close()
    assert file.read_text() == "mine"
