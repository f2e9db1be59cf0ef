"""What a fresh clone stands on: README's commands, the exact versions, and what a wheel holds."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

MEASURE = "python -m pip install tox && tox run -e perf"
TEST = "python -m pip install tox && tox run -e tests"


def read(name: str) -> str:
    """The text of a file in the repository's root."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tox_ini() -> configparser.ConfigParser:
    """tox.ini, its substitutions left as they are."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(read("tox.ini"))
    return parser


@pytest.fixture(scope="module")
def pins() -> dict[str, Requirement]:
    """constraints.txt by canonical name."""
    lines = [line for line in read("constraints.txt").splitlines() if line and not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    named: dict[str, Requirement] = {canonicalize_name(requirement.name): requirement for requirement in requirements}
    assert len(named) == len(lines), "a package is pinned twice"
    return named


@pytest.mark.parametrize("command", [MEASURE, TEST])
def test_readme_gives_the_two_commands_each_on_a_line_of_its_own(command: str) -> None:
    assert command in [line.strip().removeprefix("$ ") for line in read("README.md").splitlines()]


@pytest.mark.parametrize("document", ["README.md", ".ci/run"])
def test_every_environment_that_is_named_exists(document: str, tox_ini: configparser.ConfigParser) -> None:
    named = set(re.findall(r"tox run -e ([\w-]+)", read(document)))

    assert named
    assert {name for name in named if f"testenv:{name}" not in tox_ini} == set()


def test_continuous_integration_runs_the_readers_own_test_command() -> None:
    assert f"'{TEST}'" in read(".ci/run")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no execute bit")
def test_continuous_integration_can_be_called() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_versions_are_exact_and_from_whichever_index_is_set(pins: dict[str, Requirement]) -> None:
    inexact = {name for name, pin in pins.items() if not re.fullmatch(r"==[0-9][0-9a-z.]*", str(pin.specifier))}

    assert inexact == set(), "one release each: no range, no local suffix such as +cpu"
    assert [str(pin) for pin in pins.values() if pin.url or pin.marker or pin.extras] == []
    assert "://" not in read("constraints.txt")


def test_every_dependency_of_the_package_is_pinned_within_its_range(pins: dict[str, Requirement]) -> None:
    project = tomllib.loads(read("pyproject.toml"))
    asked = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(line for extra in project["project"].get("optional-dependencies", {}).values() for line in extra),
    ]
    for requirement in map(Requirement, asked):
        pin = pins[canonicalize_name(requirement.name)]
        (version,) = [specifier.version for specifier in pin.specifier]
        assert requirement.specifier.contains(version), f"{pin} is outside of {requirement}"


def test_every_tool_of_an_environment_is_pinned(
    pins: dict[str, Requirement], tox_ini: configparser.ConfigParser
) -> None:
    asked = [
        line
        for section in tox_ini.sections()
        for line in tox_ini.get(section, "deps", fallback="").splitlines()
        if line and not line.startswith(("#", "{"))
    ]

    assert asked
    assert {line for line in asked if canonicalize_name(Requirement(line).name) not in pins} == set()


def test_every_environment_obeys_the_pins(tox_ini: configparser.ConfigParser) -> None:
    assert tox_ini["testenv"]["constraints"] == "constraints.txt"
    assert tox_ini["pkgenv"]["constraints"] == "constraints.txt"
    freed = {name for name in tox_ini.sections() if tox_ini[name].get("constraints", "set") == ""}
    assert freed == {"testenv:pins"}


def test_torch_is_one_release_in_both_places(pins: dict[str, Requirement], tox_ini: configparser.ConfigParser) -> None:
    assert str(pins["torch"]) in tox_ini["testenv:pins"]["deps"].splitlines()


def build(kind: str, folder: Path) -> zipfile.ZipFile:
    """A wheel of this repository; kind: `wheel` or `editable`."""
    script = f"import sys; from hatchling.build import build_{kind}; print(build_{kind}(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(folder / built.stdout.split()[-1])


def test_a_wheel_holds_the_packages_the_entry_their_types_and_the_licence_only(tmp_path: Path) -> None:
    with build("wheel", tmp_path) as wheel:
        names = wheel.namelist()
        (entries,) = [wheel.read(name).decode() for name in names if name.endswith("entry_points.txt")]

    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"jitgate", "jitgate_cosyvoice", "pytest_jitgate.py"}
    assert "jitgate/py.typed" in names
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert [name for name in names if "__pycache__" in name] == []
    assert "[pytest11]\njitgate = pytest_jitgate\n" in entries
    assert "[console_scripts]\njitgate = jitgate.cli.main:main\n" in entries


def test_an_editable_wheel_points_at_the_working_tree(tmp_path: Path) -> None:
    with build("editable", tmp_path) as wheel:
        paths = [wheel.read(name).decode().strip() for name in wheel.namelist() if name.endswith(".pth")]

    assert paths == [str(ROOT / "perf")]
    assert (ROOT / "perf" / "pytest_jitgate.py").is_file()
