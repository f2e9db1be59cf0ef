"""How a worker begins in another interpreter: on that one's path, with jitgate and what the workload comes with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import execnet
import pytest
from jitgate.pool.worker_start import address, start_of


def test_this_interpreter_needs_no_address() -> None:
    assert address(None) == ""
    assert address(Path("/opt/py/bin/python")) == "//python=/opt/py/bin/python"


@pytest.mark.skipif(os.name == "nt", reason="a link takes a right of its own there")
def test_an_interpreter_below_a_folder_with_a_space_is_found(tmp_path: Path) -> None:
    python = tmp_path / "my 'own' \u00fc" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    group = execnet.Group()
    try:
        gateway = group.makegateway(f"popen//execmodel=main_thread_only{address(python)}")
        channel = gateway.remote_exec("import sys; channel.send(sys.executable)")
        assert channel.receive(timeout=60) == str(python)
    finally:
        group.terminate(timeout=5)


def test_another_one_takes_packages_from_here_and_the_rest_from_its_own_path(tmp_path: Path) -> None:
    package = tmp_path / "here" / "brought_"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("NAME = 'brought'")
    (tmp_path / "here" / "left_.py").write_text("")
    source = start_of(Path(sys.executable), {"brought_": package / "__init__.py"}).split("from jitgate.worker")[0]
    told = (
        "import brought_.part, jitgate.model.cell, importlib.util\n"
        "print(brought_.part.NAME, jitgate.model.cell.Cell.__name__, importlib.util.find_spec('left_'))"
    )
    done = subprocess.run([sys.executable, "-c", source + told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["brought", "Cell", "None"]
