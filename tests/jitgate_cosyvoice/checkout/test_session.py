"""A user's checkout in place of jitgate's modules: gates, refusals, and a whole run on a stand-in."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import venv
from pathlib import Path

import pytest
from jitgate.config.policy import Gate, Policy
from jitgate.model.errors import UsageError
from jitgate_cosyvoice.checkout.policy import with_checkout

from tests.jitgate.plugin.conftest import Project
from tests.jitgate_cosyvoice.checkouts import ENCODER_BYTES, write_checkout
from tests.jitgate_cosyvoice.policies import cosyvoice_policy

GATES = """
[tool.jitgate]
memory_limit = "4GiB"

[[tool.jitgate.gates]]
workload = "cosyvoice2.flow_encoder"
scenario = "first_chunk_sft"
variant = "torchscript"
min_speedup = 0.001

[[tool.jitgate.gates]]
workload = "cosyvoice2.flow_encoder"
variant = "inductor"
min_speedup = 1.1
"""


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    def gate(name: str, workload: str, variant: str) -> Gate:
        return Gate(name, workload=workload, variant=variant, limits={"min_speedup": 1.1})

    gates = (
        gate("scripted", "cosyvoice2.flow_encoder", "torchscript"),
        gate("compiled", "cosyvoice2.flow_encoder", "inductor"),
        gate("narrow", "cosyvoice2-small.flow_encoder", "torchscript"),
        gate("all", "*", "*"),
        gate("none", "cosyvoice9.*", "*"),
    )
    return with_checkout(cosyvoice_policy(gates=gates), write_checkout(tmp_path / "CosyVoice"), None)


def test_only_gates_on_variants_that_a_checkout_lacks_are_set_aside(policy: Policy) -> None:
    assert [gate.where for gate in policy.gates] == ["scripted", "narrow", "all", "none"]
    cells = policy.cells({name: spec.scenarios for name, spec in policy.workloads.items()})
    with pytest.raises(UsageError, match=r"^none matches nothing: there is no workload 'cosyvoice9"):
        policy.check(cells)


def test_workloads_keep_their_names_and_say_why_they_are_left_out(policy: Policy) -> None:
    assert set(policy.workloads) == set(cosyvoice_policy().workloads)
    assert policy.workloads["cosyvoice2-small.flow"].left_out == "a checkout has no narrow versions"
    assert policy.workloads["cosyvoice2.flow"].variants == ("eager", "compile")


def test_what_is_no_checkout_is_refused_before_anything_is_measured(project: Project) -> None:
    (project.path / "pyproject.toml").write_text(GATES)
    done = project.pytest("-p", "jitgate_cosyvoice", "--jitgate-cosyvoice", "mypackage")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "mypackage is not a checkout of CosyVoice: it has no folder cosyvoice" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_run_measures_the_checkout_and_says_so(project: Project) -> None:
    (project.path / "pyproject.toml").write_text(GATES)
    checkout = write_checkout(project.path / "CosyVoice")
    with (checkout / "cosyvoice" / "utils" / "mask.py").open("a") as file:
        file.write("BALLAST = b'x' * (300 << 20)\n")  # as a package takes memory that is not the model's
    done = project.pytest(
        *("-p", "jitgate_cosyvoice", "--jitgate-cosyvoice", "CosyVoice"),
        *("-k", "test_jit and first_chunk_sft and torchscript"),
        *("--jitgate-verbose", "--jitgate-budget", "60", "--benchmark-json", "out.json"),
        timeout_s=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    # The user's module, and not ours; right, and judged.
    (entry,) = json.loads((project.path / "out.json").read_text())["benchmarks"]
    info = entry["extra_info"]["jitgate"]
    assert (info["workload"], info["variant"]) == ("cosyvoice2.flow_encoder", "torchscript")
    assert info["memory"]["weight_bytes"] == ENCODER_BYTES
    assert info["accuracy"]["rel_l2"] <= info["accuracy"]["tolerance"]
    assert [gate["verdict"] for gate in info["gates"] if gate["gate"].startswith("min_speedup")] == ["PASS"]
    assert info["cold_start"]["built_now"]
    assert list((project.path / ".jitgate" / "cache").glob("torchscript-*/flow.encoder.fp32.zip"))

    # The package is in the memory of neither arm.
    peaks = re.findall(r"^  (eager|torchscript) .* (\d+) MiB of 4\.00 GiB", done.stdout, re.MULTILINE)
    assert {name for name, _ in peaks} == {"eager", "torchscript"}, done.stdout
    assert all(int(size) < 200 for _, size in peaks), peaks
    assert info["memory"]["peak_bytes"] < 200 << 20
    said = re.search(r"imported the packages of the model first; they take (\d+) MiB", done.stdout)
    assert said is not None
    assert int(said[1]) >= 290

    # What a reader should know.
    yaml = "examples/libritts/cosyvoice2/conf/cosyvoice2.yaml"
    assert f"note: module of {checkout.resolve()}, built from its {yaml}" in done.stdout
    assert "torchscript is scripted here: without CUDA, CosyVoice itself turns load_jit off" in done.stdout
    assert "no inductor, and no gates on that: " in done.stdout
    assert f"jitgate: modules of {checkout.resolve()} for cosyvoice2.flow_encoder, " in done.stdout
    assert "left out, because a checkout has no narrow versions: cosyvoice2-small.flow_encoder, " in done.stdout

    # Its code ran in workers alone.
    assert set((checkout / "cosyvoice" / "imported_by").read_text().split()) == {"worker"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the folder of packages of an environment has another name there")
def test_a_checkout_is_measured_in_an_environment_of_its_own(project: Project) -> None:
    (project.path / "pyproject.toml").write_text(GATES)
    write_checkout(project.path / "CosyVoice")
    venv.create(project.path / "own", symlinks=True)
    (packages,) = (project.path / "own" / "lib").glob("python*/site-packages")
    (packages / "shared.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    # Another release than the one here: what is said of it comes from the environment that it was measured in.
    release = packages / "transformers-4.51.3.dist-info"
    release.mkdir()
    (release / "METADATA").write_text("Metadata-Version: 2.1\nName: transformers\nVersion: 4.51.3\n")
    (project.path / "CosyVoice" / "cosyvoice" / "utils" / "__init__.py").write_text(
        "import sys\nfrom pathlib import Path\n"
        "(Path(__file__).parent / 'python').write_text(sys.prefix + '\\n' + str('pytest' in sys.modules))\n"
    )
    python = project.path / "own" / "bin" / "python"
    done = project.pytest(
        *(
            "-p",
            "jitgate_cosyvoice",
            "--jitgate-cosyvoice",
            "CosyVoice",
            "--jitgate-cosyvoice-python",
            "own/bin/python",
        ),
        *("-k", "test_jit and first_chunk_sft and torchscript"),
        *("--jitgate-verbose", "--jitgate-budget", "60", "--benchmark-json", "out.json"),
        timeout_s=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((project.path / "out.json").read_text())
    info = found["benchmarks"][0]["extra_info"]["jitgate"]
    assert [gate["verdict"] for gate in info["gates"] if gate["gate"].startswith("min_speedup")] == ["PASS"]
    here = f"jitgate in {sys.executable} (Python {platform.python_version()}, torch "
    assert f"jitgate: their workers run in {python} (Python {platform.python_version()}, torch " in done.stdout
    assert "transformers 4.51.3" in done.stdout
    assert here in done.stdout
    ran = (project.path / "CosyVoice" / "cosyvoice" / "utils" / "python").read_text().splitlines()
    assert ran == [str(project.path / "own"), "False"]


def test_an_interpreter_without_a_checkout_is_refused(project: Project) -> None:
    (project.path / "pyproject.toml").write_text(GATES)
    done = project.pytest("-p", "jitgate_cosyvoice", "--jitgate-cosyvoice-python", sys.executable)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "name the checkout, too, with --jitgate-cosyvoice CHECKOUT" in done.stderr


@pytest.mark.parametrize("option", ["--jitgate-cosyvoice", "--jitgate-cosyvoice-python"])
def test_a_model_of_ones_own_beside_a_checkout_is_refused(project: Project, option: str) -> None:
    own = ("--pyargs", "jitgate.benchmarks", "--jitgate-model", "mypackage.models:no_such_factory")
    done = project.pytest("-p", "jitgate_cosyvoice", *own, f"{option}={sys.executable}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{option} says which CosyVoice is measured, and --jitgate-model that a model of your own is" in done.stderr


@pytest.mark.parametrize("option", ["--jitgate-cosyvoice", "--jitgate-cosyvoice-python", "--jitgate-checkpoint"])
def test_an_option_of_an_empty_variable_is_refused_and_not_ignored(project: Project, option: str) -> None:
    (project.path / "pyproject.toml").write_text("[tool.jitgate]")
    write_checkout(project.path / "CosyVoice")
    done = project.pytest("-p", "jitgate_cosyvoice", "--jitgate-cosyvoice=CosyVoice", f"{option}=", "--collect-only")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"{option} is given no path (is a variable in your command empty?)" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
