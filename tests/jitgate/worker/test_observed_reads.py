"""What a factory reads is noted, in a process of its own: an audit hook never ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import dataclasses, json, os, sys
from pathlib import Path

from jitgate.worker.observed_reads import ObservedReads

sys.path.insert(0, os.getcwd())
observed = ObservedReads()
import mine.models
{body}
print(json.dumps(dataclasses.asdict(observed.of("mine.models:make"))))
"""

READ = ("mine/__init__.py", "mine/models.py", "mine/sizes.txt", "gone", "nowhere", "no file")


def reads(folder: Path, body: str) -> Any:
    (folder / "mine").mkdir()
    (folder / "mine" / "__init__.py").write_text("")
    (folder / "mine" / "models.py").write_text("")
    (folder / "mine" / "sizes.txt").write_text("3")
    script = SCRIPT.format(body=body)
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_modules_files_folders_and_variables_are_noted(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        "Path('mine/sizes.txt').read_text(); os.listdir('mine'); os.environ.get('SIZE'); os.getenv('OTHER')\n"
        "try: open('gone')\nexcept OSError: pass\n"
        "Path('nowhere').exists(); os.path.isfile('no file')\n"
        "import json.tool, pytest",
    )
    names = {str(Path(path).relative_to(tmp_path)) for path in found["files"] if Path(path).is_relative_to(tmp_path)}
    assert names - {".", "mine"} == {str(Path(name)) for name in READ}
    assert str(tmp_path / "mine") in found["folders"]
    assert {"SIZE", "OTHER"} <= set(found["variables"])
    assert not found["unseen"]
    assert not [path for path in found["files"] if "site-packages" in path or path.endswith("tool.py")]


def test_what_it_wrote_itself_is_not_a_reading(tmp_path: Path) -> None:
    found = reads(tmp_path, "Path('draft').write_text('x'); Path('draft').read_text()")
    assert str(tmp_path / "draft") not in found["files"]


@pytest.mark.parametrize(
    ("body", "unseen"),
    [
        ("import subprocess; subprocess.run([sys.executable, '-c', ''])", "subprocess.Popen"),
        ("import sqlite3; sqlite3.connect(':memory:')", "sqlite3.connect"),
        ("import socket; socket.getaddrinfo('127.0.0.1', 80)", "socket.getaddrinfo"),
    ],
)
def test_who_else_was_asked_is_noted(tmp_path: Path, body: str, unseen: str) -> None:
    assert reads(tmp_path, body)["unseen"] == unseen
