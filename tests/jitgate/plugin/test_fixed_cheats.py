"""Where inputs can't change, or outputs don't, a stored answer is INVALID all the same, and an honest one is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.fixed_cheats import CHEATS

CAUSE: dict[tuple[str, str], str | tuple[str, ...]] = {
    ("unchanging", "first_answer"): "(a stored answer)",
    ("unchanging", "knows_the_example"): "part of the answer is stored",
    ("unchanging", "partly_stored"): "part of the answer is stored",
    ("of_number", "first_answer"): "as fast as this device's measured peak allows",
    ("choosing", "first_answer"): "as fast as this device's measured peak allows",
    ("reading", "first_answer"): "(a stored answer)",
    ("writing", "first_answer"): "(a stored answer)",
    ("writing", "same_beginning"): ("a stored answer", "The output differs"),  # the first if it is near a look-up
}


def session(folder: Path, *options: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(workload, variant) -> its verdict on a limit that any speed reaches."""
    models = "tests.jitgate.plugin.fixed_cheats"
    variants = sorted({"again", *(name for names in CHEATS.values() for name in names)})
    (folder / "pyproject.toml").write_text(
        '[tool.jitgate]\nmemory_limit = "4GiB"\n'
        + "".join(
            f'[tool.jitgate.workloads."{name}"]\nfactory = "{models}:{name}"\nscenarios = ["s"]\n'
            f"variants = {['eager', 'again', *cheats]}\n"
            for name, cheats in CHEATS.items()
        )
        + "".join(f'[tool.jitgate.variants.{name}]\nfactory = "{models}:{name}"\n' for name in variants)
        + '[[tool.jitgate.gates]]\nvariant = "[!e]*"\nmin_speedup = 0.001\n'
    )
    done = Project(folder).pytest(
        *("-k", "jit", "--benchmark-json", "out.json", "--jitgate-budget", "5", "--jitgate-extras", "skip", *options),
        timeout_s=900,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    entries = json.loads((folder / "out.json").read_text())["benchmarks"]
    found = [entry["extra_info"]["jitgate"] for entry in entries]
    return {(each["workload"], each["variant"]): each["gates"][0] for each in found}


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    return session(tmp_path_factory.mktemp("fixed"))


@pytest.mark.slow
@pytest.mark.parametrize(("workload", "name"), CAUSE)
def test_a_stored_answer_is_invalid_and_named(gates: dict[Any, dict[str, Any]], workload: str, name: str) -> None:
    found = gates[workload, name]
    assert found["verdict"] == "INVALID", found["reason"]
    causes = CAUSE[workload, name]
    assert any(cause in found["reason"] for cause in ([causes] if isinstance(causes, str) else causes)), found["reason"]


@pytest.mark.slow
@pytest.mark.parametrize("workload", CHEATS)
def test_the_model_itself_is_not_accused(gates: dict[Any, dict[str, Any]], workload: str) -> None:
    assert gates[workload, "again"]["verdict"] in ("PASS", "INCONCLUSIVE"), gates[workload, "again"]["reason"]
