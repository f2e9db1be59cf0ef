"""Variants that only look fast, end to end through real workers: each is INVALID, and honest ones are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.jitgate.plugin.cheats import CHEATS, HONEST, HONEST_NAMED, NAMED_CHEATS
from tests.jitgate.plugin.conftest import Project

NAMES = (*HONEST, *CHEATS)
NAMED = (*HONEST_NAMED, *NAMED_CHEATS)
BUILT_IN = ("compile", "onnxruntime")


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Variant -> its verdict on a limit that any speed reaches."""
    project = Project(tmp_path_factory.mktemp("cheats"))
    models = "tests.jitgate.plugin.cheats"
    (project.path / "pyproject.toml").write_text(
        '[tool.jitgate]\nmemory_limit = "4GiB"\n'
        f'[tool.jitgate.workloads."w"]\nfactory = "{models}:napping"\nscenarios = ["s"]\n'
        f"variants = {['eager', *NAMES]}\n"
        f'[tool.jitgate.workloads."n"]\nfactory = "{models}:named"\nscenarios = ["s"]\n'
        f"variants = {['eager', *NAMED]}\n"
        + "".join(
            f'[tool.jitgate.variants.{name}]\nfactory = "{models}:{name}"\n'
            f"{'precision = ' + repr('bf16') if name == 'half' else ''}\n"
            for name in (*NAMES, *NAMED)
            if name not in BUILT_IN
        )
        + '[[tool.jitgate.gates]]\nvariant = "[!e]*"\nmin_speedup = 0.001\n'
    )
    done = project.pytest("-k", "jit", "--benchmark-json", "out.json", "--jitgate-budget", "20", timeout_s=500)
    assert done.returncode == 1, done.stdout + done.stderr
    entries = json.loads(Path(project.path / "out.json").read_text())["benchmarks"]
    found = [entry["extra_info"]["jitgate"] for entry in entries]
    return {each["variant"]: {**each["gates"][0], **(each["timed_outputs"] or {})} for each in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CHEATS, *NAMED_CHEATS])
def test_a_cheat_is_invalid_and_named(gates: dict[str, dict[str, Any]], name: str) -> None:
    assert gates[name]["verdict"] == "INVALID", gates[name]
    assert (CHEATS | NAMED_CHEATS)[name] in gates[name]["reason"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HONEST, *HONEST_NAMED])
def test_an_honest_variant_is_not_accused(gates: dict[str, dict[str, Any]], name: str) -> None:
    assert gates[name]["problem"] == ""
    assert gates[name]["verdict"] in ("PASS", "INCONCLUSIVE"), gates[name]
    assert gates[name]["compared"] >= 3
