"""`python -m perf variants`: each variant is tried once, and what was found is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perf.__main__ import main
from perf.commands import variants
from perf.commands.trial import Trial
from perf.report.matrix import Fate, Outcome
from perf.variants.registry import BASELINE, VariantSpec, variant_named
from perf.workers.cache import ArtefactCache
from perf.workloads.registry import WorkloadSpec

TINY = WorkloadSpec("tiny", "tests.workers.models:tiny", ("short", "varied"), (BASELINE,), where="my.toml")
OFF = VariantSpec("off", "tests.workers.models:off_by_one_percent", where="my.toml")


@pytest.mark.slow
def test_half_precision_runs_in_workers_a_wrong_one_is_wrong_and_one_without_its_card_is_refused(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    tried = [variant_named("torchscript+bf16"), variant_named("tensorrt+fp16"), OFF]
    trial = Trial([TINY], tried, "cpu", ArtefactCache(tmp_path), 120.0, 4, said.append)
    found = {outcome.variant: outcome for outcome in trial.outcomes()}
    assert {name: outcome.fate for name, outcome in found.items()} == {
        "tensorrt+fp16": Fate.REFUSED,
        BASELINE: Fate.RIGHT,
        "torchscript+bf16": Fate.RIGHT,
        "off": Fate.WRONG,
    }
    assert found["tensorrt+fp16"].why.startswith("TensorRT builds for NVIDIA cards")
    assert 1e-4 < (found["torchscript+bf16"].rel_l2 or 0) < 1e-1
    assert "relative L2 distance 1.0e-02" in found["off"].why
    assert [path.name for path in tmp_path.glob("torchscript+bf16-*/*.zip")] == ["tiny.bf16.zip"]


class Made:
    """Stands for a trial."""

    device_name = "cpu"

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = outcomes

    def outcomes(self) -> list[Outcome]:
        return list(self._outcomes)


RIGHT = Outcome("w", "1s", "eager", "2026-11-22", Fate.RIGHT, 0.0)
REFUSED = Outcome("w", "1s", "cudagraph", "2026-11-22", Fate.REFUSED, why="no card")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_several_goes_make_one_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for outcome in (RIGHT, REFUSED):
        monkeypatch.setattr(variants, "_tried", lambda arguments, outcome=outcome: Made(outcome))
        assert main(["variants", "--to", "table.md"]) == 0
    table = (folder / "table.md").read_text(encoding="utf-8")
    assert "| `eager` | 0e+00 |" in table
    assert "| `cudagraph` | [1] |" in table
    assert "- torch: 2." in table


def test_a_later_try_takes_the_place_of_an_earlier_one_and_a_failure_is_not_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Outcome("w", "1s", "eager", "2026-11-23", Fate.FAILED, why="it died")
    monkeypatch.setattr(variants, "_tried", lambda arguments: Made(RIGHT, failed))
    assert main(["variants", "--to", "table.md"]) == 1
    assert "| `eager` | **failed** [1] |" in (folder / "table.md").read_text(encoding="utf-8")
    kept = [json.loads(line)["fate"] for line in (folder / ".perf" / "variants.json").read_text().splitlines()]
    assert kept == ["right", "failed"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workload", "nowhere"], "--workload nowhere matches nothing (there are: cosyvoice2.flow_encoder, "),
        (["--perf-variants", "eagle"], "--perf-variants: there is no variant 'eagle', did you mean 'eager'?"),
        (["--at-once", "0"], "--at-once 0 is not a whole number from 1"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["variants", "--perf-device", "cpu", *arguments]) == 4
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
