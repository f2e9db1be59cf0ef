"""The interpreter of a checkout's own environment: found, looked at without importing torch, or refused."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.interpreter import find_interpreter

GOOD: dict[str, object] = {
    "python": [3, 10, 13],
    "missing": [],
    "versions": {"torch": "2.3.1+cpu", "transformers": "4.51.3"},
}


def fake(folder: Path, told: str) -> Path:
    """An interpreter that prints `told`, whatever it is asked."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\nprint({told!r})\n")
    path.chmod(0o755)
    return path


def refused(python: Path | str, start: Path) -> str:
    with pytest.raises(UsageError) as caught:
        find_interpreter(str(python), start)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_this_one_will_do() -> None:
    found = find_interpreter(sys.executable, Path.cwd())
    assert found.path == Path(sys.executable)
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert set(found.packages) == {"jitgate_cosyvoice"}
    assert found.words.startswith(f"Python {found.python}, torch {found.torch}")


posix = pytest.mark.skipif(os.name == "nt", reason="a script with a first line is no program there")


@posix
def test_it_is_named_from_where_pytest_was_started_and_a_link_stays_one(tmp_path: Path) -> None:
    fake(tmp_path, json.dumps(GOOD))
    (tmp_path / "linked").symlink_to(tmp_path / "python")
    found = find_interpreter("linked", tmp_path)
    assert found.path == tmp_path / "linked"
    assert found.words == "Python 3.10.13, torch 2.3.1+cpu, transformers 4.51.3"


@posix
@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"python": [3, 9, 18]}, "is Python 3.9.18, and workers need 3.10 or later"),
        ({"missing": ["psutil", "yaml"]}, "lacks what a worker imports: {python} -m pip install psutil PyYAML"),
        ({"versions": {"torch": "2.2.2"}}, "has torch 2.2.2, and workers need 2.3 or later"),
    ],
)
def test_what_is_too_old_or_lacks_something(tmp_path: Path, told: dict[str, object], said: str) -> None:
    python = fake(tmp_path, json.dumps(GOOD | told))
    assert refused(python, tmp_path) == f"--jitgate-cosyvoice-python {python} {said.format(python=python)}"


@posix
def test_what_is_no_interpreter(tmp_path: Path) -> None:
    assert "nowhere: there is no such interpreter" in refused("nowhere", tmp_path)
    assert "does not run as a Python interpreter" in refused(fake(tmp_path, "hello"), tmp_path)
    assert "does not run as a Python interpreter (it answers '42')" in refused(fake(tmp_path, "42"), tmp_path)
    (tmp_path / "python").chmod(0o644)
    assert "does not run as a Python interpreter (PermissionError" in refused("python", tmp_path)


@posix
def test_a_python_that_is_too_old_for_the_question_says_its_version(tmp_path: Path) -> None:
    """What 2.7 and 3.7 can tell, who have no importlib.metadata."""
    python = fake(tmp_path, json.dumps({"python": [3, 7, 16]}))
    assert refused(python, tmp_path).endswith("is Python 3.7.16, and workers need 3.10 or later")


@posix
def test_what_an_environment_prints_when_it_starts_is_no_answer(tmp_path: Path) -> None:
    python = fake(tmp_path, "Welcome to the cluster!\n\n" + json.dumps(GOOD) + "\n")
    assert find_interpreter(str(python), tmp_path).python == "3.10.13"


@posix
def test_one_that_can_t_start_says_why_and_not_what_it_was_asked(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ImportError: no module named site' >&2\nexit 1\n")
    python.chmod(0o755)
    assert refused(python, tmp_path).endswith("interpreter (ImportError: no module named site)")
    python.write_text("#!/bin/sh\nexit 3\n")
    assert refused(python, tmp_path).endswith("interpreter (exit code 3)")
