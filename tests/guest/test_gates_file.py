"""Which file holds the gates, wherever pytest thinks its root is."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import pytest

from tests.guest.conftest import ROOT, TABLE, Guest

OTHER = TABLE.replace("my.mlp", "other.mlp")


def workloads(names: list[str]) -> set[str]:
    return {name.partition("[")[2].split("/")[0] for name in names}


def test_performance_tests_without_any_table_are_bad_input(guest: Guest) -> None:
    guest.write("pytest.ini", "[pytest]\n")
    guest.write("sub/pyproject.toml", "[project]\nname = 'sub'\n")
    said = guest.refused("--pyargs", "jitgate.benchmarks", folder="sub")
    assert "performance tests need a [tool.jitgate] table" in said
    for folder in (guest.path / "sub", guest.path):
        assert str(folder / "pyproject.toml") in said


def test_a_test_of_ours_named_by_its_path_is_asked_for_too(guest: Guest) -> None:
    path = guest.wheel / "jitgate" / "benchmarks" / "test_speed.py"
    assert "performance tests need a [tool.jitgate] table" in guest.refused(str(path))


@pytest.mark.parametrize("spelling", ["--jitgate-report {}", "--jitgate-report={}"])
@pytest.mark.parametrize("how", ["argument", "environment"])
def test_the_value_of_an_option_is_no_path_of_a_test(guest: Guest, spelling: str, how: str) -> None:
    """`../out/summary.md` exists, as the step summary of a CI job does."""
    guest.write("out/summary.md")
    guest.write("repo/pyproject.toml", f"[tool.pytest.ini_options]\naddopts = '-k long'\n{TABLE}")
    words = spelling.format("../out/summary.md").split()
    arguments = ["--pyargs", "jitgate.benchmarks", "--co", *(words if how == "argument" else [])]
    env = {"PYTEST_ADDOPTS": " ".join(words)} if how == "environment" else None
    done = guest.pytest(*arguments, folder="repo", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"rootdir: {guest.path / 'repo'}" in done.stdout
    assert done.stdout.count("test session starts") == 1
    assert "my.mlp/long/eager" in done.stdout
    assert "my.mlp/short/eager" not in done.stdout, "the project's own addopts count"


def test_the_nearest_table_is_used_and_named(guest: Guest) -> None:
    guest.write("pytest.ini", "[pytest]\n")
    guest.write("ml/pyproject.toml", TABLE)
    guest.write("ml/deep/er/notes.txt")
    for folder in ("ml", "ml/deep", "ml/deep/er"):
        done = guest.pytest("--pyargs", "jitgate.benchmarks", "--co", folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "jitgate: ml/pyproject.toml has 1 workload and 1 [[tool.jitgate.gates]]; gates of every " in done.stdout
        assert f"rootdir: {guest.path}\n" in done.stdout
    guest.write("pyproject.toml", OTHER)
    assert workloads(guest.ids(folder="ml")) == {"my.mlp"}
    assert workloads(guest.ids()) == {"other.mlp"}


def test_a_file_that_is_named_is_used(guest: Guest) -> None:
    guest.write("pyproject.toml", TABLE)
    guest.write("ml/gates.toml", OTHER)
    for spelling in (["--jitgate-config", "ml/gates.toml"], ["--jitgate-config=ml/gates.toml"]):
        assert workloads(guest.ids(*spelling)) == {"other.mlp"}
    assert "none.toml: there is no such file" in guest.refused("--jitgate-config", "none.toml")


def test_the_configuration_file_of_pytest_may_hold_the_gates(guest: Guest) -> None:
    guest.write("ci/gates.toml", f"[tool.pytest.ini_options]\n{TABLE}")
    assert workloads(guest.ids("-c", "ci/gates.toml")) == {"my.mlp"}


def test_a_broken_table_is_said_with_its_file(guest: Guest) -> None:
    guest.write("pyproject.toml", "[tool.jitgate]\nalpha = \n")
    assert "pyproject.toml: Invalid value (at line 2" in guest.refused("--pyargs", "jitgate.benchmarks"), (
        "as pytest says it"
    )
    guest.write("pyproject.toml", "[tool.other]\n")
    guest.write("gates.toml", "[tool.jitgate]\nalpha = \n")
    said = guest.refused("--pyargs", "jitgate.benchmarks", "--jitgate-config", "gates.toml")
    assert "gates.toml is not valid TOML" in said


def test_gates_next_to_tests_that_are_named_are_told_where_they_are_not_used(guest: Guest) -> None:
    guest.write("pytest.ini", "[pytest]\n")
    guest.write("sub/pyproject.toml", TABLE)
    guest.write("sub/tests/test_own.py", "def test_it(): pass\n")
    guest.write("other/test_other.py", "def test_other(): pass\n")
    said = "jitgate: the gates of sub/pyproject.toml are not used; run pytest in sub"
    for named in ("sub/tests", "sub/tests/test_own.py::test_it", "sub"):
        done = guest.pytest(named)
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout
    assert "jitgate: " not in guest.pytest("other").stdout


def test_gates_of_the_current_directory_that_are_not_used_are_an_error(guest: Guest) -> None:
    guest.write("pyproject.toml", TABLE)
    guest.write("ci/gates.toml", f"[tool.pytest.ini_options]\n{OTHER}")
    said = guest.refused("--pyargs", "jitgate.benchmarks", "-c", "ci/gates.toml")
    assert "pyproject.toml: its [tool.jitgate] would not be used, since " in said
    assert workloads(guest.ids("-c", "ci/gates.toml", "--jitgate-config", "pyproject.toml")) == {"my.mlp"}


MODEL = """
import jitgate


def mlp():
    import torch

    return jitgate.Workload(torch.nn.Linear(8, 8).eval(), {"only": (torch.randn(1, 8),)})
"""

UNLISTED = """
[tool.jitgate.workloads."my.mlp"]
factory = "rankr_models.mine:mlp"
"""


@pytest.mark.parametrize(
    ("settings", "package", "folder"),
    [
        ("", "rankr_models", "."),
        ("", "src/rankr_models", "."),
        ("ml/", "ml/src/rankr_models", "ml"),
    ],
    ids=["flat", "src", "monorepo"],
)
def test_the_factories_of_a_project_that_is_not_installed_are_found(
    guest: Guest, settings: str, package: str, folder: str
) -> None:
    guest.write("pytest.ini", "[pytest]\naddopts = --import-mode=importlib\n")
    guest.write(f"{settings}pyproject.toml", UNLISTED)
    guest.write(f"{package}/__init__.py")
    guest.write(f"{package}/mine.py", MODEL)
    # As `pytest` does, and `python -m pytest` does not: the current directory is not on the path.
    arguments = ("--pyargs", "jitgate.benchmarks", "--co", "-q")
    done = guest.pytest(*arguments, folder=folder, env={"PYTHONSAFEPATH": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[my.mlp/only/eager]" in done.stdout


@pytest.mark.slow
def test_a_package_in_an_editable_install_is_found_and_asked_again_when_it_changes(guest: Guest) -> None:
    guest.write(
        "lib/pyproject.toml",
        "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
        "[project]\nname = 'rankr'\nversion = '0.3.0'\n"
        "[tool.hatch.build]\npackages = ['src/rankr_models']\ndev-mode-dirs = ['src']\n",
    )
    guest.write("lib/src/rankr_models/__init__.py")
    guest.write("lib/src/rankr_models/mine.py", MODEL)
    guest.write("gates/pyproject.toml", UNLISTED)
    python = _own_environment(guest.path / "venv")
    install = ["install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index", "-e", str(guest.path / "lib")]
    subprocess.run([str(python), "-m", "pip", *install], check=True)
    editable = replace(guest, python=str(python))
    assert workloads(editable.ids(folder="gates")) == {"my.mlp"}
    guest.write("lib/src/rankr_models/mine.py", MODEL.replace("only", "other"))
    assert all("[my.mlp/other/" in name for name in editable.ids(folder="gates"))


def _own_environment(folder: Path) -> Path:
    """A virtual environment with the packages of this one; its Python."""
    venv.create(folder, with_pip=False)
    names = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=names))
    ours = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "ours.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in ours))
    return Path(sysconfig.get_path("scripts", "venv", vars=names)) / Path(sys.executable).name


def test_a_table_names_plugins_whose_options_and_workloads_count(guest: Guest) -> None:
    guest.write("pyproject.toml", "[tool.jitgate]\nplugins = ['mine']\n")
    guest.write(
        "mine.py",
        "def pytest_addoption(parser): parser.addoption('--mine', default='short')\n"
        "def pytest_configure(config): global scenario; scenario = config.getoption('mine')\n"
        "def pytest_jitgate_workloads():\n"
        "    from jitgate.workloads.spec import WorkloadSpec\n"
        "    return [WorkloadSpec('mine.mlp', 'a:b', (scenario,), ('eager',), where='mine')]\n",
    )
    assert {name.partition("[")[2] for name in guest.ids("--mine", "tall")} == {"mine.mlp/tall/eager]"}
    guest.write("pyproject.toml", "[tool.jitgate]\nplugins = ['nowhere']\n")
    assert "plugins names 'nowhere'" in guest.refused()


def test_a_selection_is_made_by_patterns(project: Guest) -> None:
    names = project.ids("--jitgate-select", "*/sh*/torchscript")
    assert {name.partition("[")[2] for name in names} == {"my.mlp/short/torchscript]"}


def test_this_repository_has_its_own_gates() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--co", "-p", "no:cacheprovider", "perf"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jitgate: pyproject.toml has " in done.stdout
    assert "cosyvoice2.flow_encoder/first_chunk_sft/torchscript" in done.stdout


def test_the_folder_of_the_tests_is_the_wheels(wheel: Path) -> None:
    assert (wheel / "jitgate" / "benchmarks" / "test_speed.py").is_file()
