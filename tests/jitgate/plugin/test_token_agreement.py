"""Ids that were chosen, end to end through real workers: a near tie is right, another than a clear choice is wrong."""

from __future__ import annotations

import json

import pytest

from tests.jitgate.plugin.conftest import Project

MODELS = '''
import torch

import jitgate


def choosing():
    """Scores of ids 0 to 2, of which 0 and 1 are all but equal; and the best of them."""

    class Choosing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = torch.nn.Parameter(torch.tensor([1.0, 1.0 - 1e-5, 0.5]))

        def forward(self, x):
            scores = torch.log_softmax(self.logits * (2 + torch.tanh(x.mean())), dim=0)
            return scores.argmax(dim=0, keepdim=True), scores

    return jitgate.Workload(module=Choosing(), scenarios={"short": (torch.randn(4),)}, threads=1)


def answering(chosen):
    def variant(module, example):
        logits = module.logits.detach().clone()

        def call(x):
            scores = torch.log_softmax(logits * (2 + torch.tanh(x.mean())), dim=0)
            return torch.full((1,), chosen), scores

        return call

    return variant


same, tied, worse = answering(0), answering(1), answering(2)
'''

TAKEN = {"same": True, "tied": True, "worse": False}


@pytest.mark.slow
def test_an_id_is_judged_by_what_it_is_worth(project: Project) -> None:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    (project.path / "pyproject.toml").write_text(
        "[tool.jitgate]\n"
        '[tool.jitgate.workloads."my.model"]\nfactory = "mypackage.models:choosing"\nscenarios = ["short"]\n'
        f"variants = {['eager', *TAKEN]}\ntoken_agreement = {{ token_ids = 0, log_probs = 1, vocab_size = 3 }}\n"
        + "".join(f'[tool.jitgate.variants.{name}]\nfactory = "mypackage.models:{name}"\n' for name in TAKEN)
        + '[[tool.jitgate.gates]]\nvariant = "[!e]*"\nmin_speedup = 0.001\n'
    )
    done = project.pytest(
        "-k",
        "answer_of_eager or jit",
        "--benchmark-json",
        "out.json",
        "--jitgate-budget",
        "2",
        "-rf",
        "--jitgate-verbose",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    entries = json.loads((project.path / "out.json").read_text())["benchmarks"]
    found = {entry["extra_info"]["jitgate"]["variant"]: entry["extra_info"]["jitgate"] for entry in entries}
    assert set(found) == set(TAKEN)
    for name, right in TAKEN.items():
        (gate,) = found[name]["gates"]
        assert (gate["verdict"] == "INVALID") is not right, gate["reason"]
        assert (found[name]["accuracy"]["token_ids"], found[name]["accuracy"]["unequal_integers"]) == (1, 0)
    assert found["same"]["accuracy"]["other_token_ids"] == 0
    assert 0 < found["tied"]["accuracy"]["excess_surprisal"] < 1e-4
    assert "worse: 1 of 1 chosen token ids differ" in done.stdout
    red = [line for line in done.stdout.splitlines() if line.startswith("FAILED") and "answer_of_eager" in line]
    assert [line.split("/short/")[1].split("]")[0] for line in red] == ["worse"]
