"""How a worker begins in another interpreter: on that one's path, with jitgate and what the workload comes with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from jitgate.pool.worker_start import address, start_of


def test_this_interpreter_needs_no_address() -> None:
    assert address(None) == ""
    assert address(Path("/opt/py/bin/python")) == "//python=/opt/py/bin/python"


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
