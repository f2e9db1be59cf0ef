"""How CosyVoice's packages get in: lines that can be followed, and an extra that has what a checkout imports."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

IMPORTED = {
    *("conformer", "diffusers", "einops", "gdown", "hydra-core", "lightning", "matplotlib", "omegaconf", "rich"),
    *("torchaudio", "transformers", "wget", "x-transformers"),
}
"""What the modules of CosyVoice and of its submodule Matcha-TTS import, by the names of their packages."""


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def test_the_extra_has_what_a_checkout_imports_and_pins_nothing(project: dict[str, dict[str, list[str]]]) -> None:
    asked = list(map(Requirement, project["optional-dependencies"]["cosyvoice"]))
    assert {requirement.name for requirement in asked} >= IMPORTED | {"pyyaml"}
    operators = {specifier.operator for requirement in asked for specifier in requirement.specifier}
    assert operators <= {">="}, "a pin of one release can't hold next to every torch"


def test_no_line_installs_the_pins_of_another_torch_next_to_jitgate() -> None:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    installing = [line for line in lines if re.search(r"pip install .*jitgate", line)]
    assert any("jitgate[cosyvoice]" in line for line in installing)
    assert [line for line in installing if re.search(r"install.*-r\s*requirements", line)] == []
