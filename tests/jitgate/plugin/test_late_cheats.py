"""Ways to look fast that nobody had checks for when they were devised: each is INVALID, and the cause is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.late_cheats import CHEATS, NAMED_CHEATS, OTHERS

EVERY = {**CHEATS, **NAMED_CHEATS, **{name: cause for each in OTHERS.values() for name, cause in each.items()}}


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Variant -> its verdict on a limit that any speed reaches."""
    project = Project(tmp_path_factory.mktemp("late"))
    package = "tests.jitgate.plugin"
    half = {"skips_in_half": 'precision = "bf16"'}
    (project.path / "pyproject.toml").write_text(
        "\n".join(
            [
                '[tool.jitgate]\nmemory_limit = "4GiB"',
                f'[tool.jitgate.workloads."w"]\nfactory = "{package}.cheats:napping"\nscenarios = ["s"]',
                f"variants = {['eager', 'honest', *CHEATS]}",
                f'[tool.jitgate.workloads."n"]\nfactory = "{package}.cheats:named"\nscenarios = ["s"]',
                f"variants = {['eager', *NAMED_CHEATS]}",
                *(
                    f'[tool.jitgate.workloads."{name}"]\nfactory = "{package}.late_cheats:{name}"\nscenarios = ["s"]\n'
                    f"variants = {['eager', *cheats]}"
                    for name, cheats in OTHERS.items()
                ),
                f'[tool.jitgate.variants.honest]\nfactory = "{package}.cheats:honest"',
                *(
                    f'[tool.jitgate.variants.{name}]\nfactory = "{package}.late_cheats:{name}"\n{half.get(name, "")}'
                    for name in EVERY
                ),
                '[[tool.jitgate.gates]]\nvariant = "[!e]*"\nmin_speedup = 0.001\n',
            ]
        )
    )
    done = project.pytest("-k", "jit", "--benchmark-json", "out.json", "--jitgate-budget", "20", timeout_s=500)
    assert done.returncode == 1, done.stdout + done.stderr
    entries = json.loads((project.path / "out.json").read_text())["benchmarks"]
    return {entry["extra_info"]["jitgate"]["variant"]: entry["extra_info"]["jitgate"]["gates"][0] for entry in entries}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_a_late_cheat_is_invalid_and_named(gates: dict[str, dict[str, Any]], name: str) -> None:
    assert gates[name]["verdict"] == "INVALID", gates[name]
    assert any(cause in gates[name]["reason"] for cause in EVERY[name]), gates[name]


@pytest.mark.slow
def test_the_honest_one_next_to_them_is_not_accused(gates: dict[str, dict[str, Any]]) -> None:
    assert gates["honest"]["verdict"] in ("PASS", "INCONCLUSIVE"), gates["honest"]
