"""`jitgate variants`: each variant is tried once, and what was found is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.cli.main import main
from jitgate.engines.builtin import built_in
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.workloads.spec import WorkloadSpec
from studies.variant_matrix import command as variants
from studies.variant_matrix.results_store import Kept
from studies.variant_matrix.table import Fate, Outcome
from studies.variant_matrix.trial import Task, Trial

TINY = WorkloadSpec("tiny", "tests.jitgate.pool.models:tiny", ("short", "varied"), (BASELINE,), where="my.toml")
OFF = VariantSpec("off", "tests.studies.variant_matrix.test_command:scripted_and_off_by_one_percent", where="my.toml")

VOCODER = "cosyvoice2-small.vocoder"
RIGHT = Outcome(VOCODER, "first_chunk", "eager", "2026-11-22", Fate.RIGHT, 0.0)
REFUSED = Outcome(VOCODER, "first_chunk", "cudagraph", "2026-11-22", Fate.REFUSED, why="no card")


@pytest.mark.slow
def test_half_precision_runs_in_workers_a_wrong_one_is_wrong_and_one_without_its_card_is_refused(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    tried = [built_in().named(name) for name in ("eager", "torchscript+bf16", "tensorrt+fp16")]
    trial = Trial([Task(TINY, (*tried, OFF))], "cpu", ArtefactCache(tmp_path), 120.0, 4, said.append)
    found = {outcome.variant: outcome for outcome in trial.outcomes()}
    assert {name: outcome.fate for name, outcome in found.items()} == {
        "tensorrt+fp16": Fate.REFUSED,
        BASELINE: Fate.RIGHT,
        "torchscript+bf16": Fate.RIGHT,
        "off": Fate.OUT,
    }
    assert trial.count == len(found)
    assert found["tensorrt+fp16"].why.startswith("TensorRT builds for NVIDIA cards")
    assert 1e-4 < (found["torchscript+bf16"].rel_l2 or 0) < 1e-1
    assert "relative L2 distance 1.0e-02" in found["off"].why
    assert [path.name for path in tmp_path.glob("torchscript+bf16-*/*.zip")] == ["tiny.bf16.zip"]
    assert said == ["tiny: trying torchscript+bf16, off, eager"]


@pytest.mark.slow
def test_what_takes_too_long_is_unfinished_and_says_how_to_get_further(tmp_path: Path) -> None:
    hangs = VariantSpec("hangs", "tests.studies.variant_matrix.test_command:hangs_at_once", where="my.toml")
    trial = Trial([Task(TINY, (hangs,))], "cpu", ArtefactCache(tmp_path), 6.0, 4, lambda line: None)
    (outcome,) = trial.outcomes()
    assert outcome.fate is Fate.UNFINISHED
    assert outcome.why == "it gave no answer to 'bind' within 6 s (--jitgate-timeout)"


def scripted_and_off_by_one_percent(module: Any, example: object) -> Callable[..., Any]:
    import torch

    scripted = torch.jit.script(module)
    return lambda *inputs: scripted(*inputs) * 1.01


def hangs_at_once(module: object, example: object) -> Callable[..., object]:
    import time

    return lambda *inputs: time.sleep(3600)


class InOrder(Trial):
    """A trial that starts no process: what it would try stands in `said`."""

    def _tried(self, workload: WorkloadSpec, wanted: object) -> Iterator[Outcome]:
        self.say(f"{workload.name}: {', '.join(variant.name for variant in wanted)}")  # type: ignore[attr-defined]
        yield from ()


def test_refusals_come_first_then_what_is_quick_then_compilers(tmp_path: Path) -> None:
    names = ("inductor", "inductor+bf16", "eager", "compile-max-autotune", "tensorrt", "int8", "compile", "onnxruntime")
    said: list[str] = []
    both = [
        Task(spec, tuple(map(built_in().named, names))) for spec in (TINY, WorkloadSpec("other", "x:y", ("s",), ()))
    ]
    outcomes = list(InOrder(both, "cpu", ArtefactCache(tmp_path), 1.0, 2, said.append).outcomes())
    assert [(outcome.workload, outcome.variant) for outcome in outcomes] == [
        ("tiny", "tensorrt"),
        ("other", "tensorrt"),
    ]
    assert said == [
        *(f"{name}: int8, onnxruntime, eager" for name in ("tiny", "other")),
        *(f"{name}: inductor, compile" for name in ("tiny", "other")),
        *(f"{name}: inductor+bf16" for name in ("tiny", "other")),
        *(f"{name}: compile-max-autotune" for name in ("tiny", "other")),
    ]


class Made:
    """Stands for a trial; `last` comes after its outcomes."""

    def __init__(self, *outcomes: Outcome, last: type[BaseException] | None = None) -> None:
        self._outcomes = outcomes
        self._last = last
        self.count = len(outcomes)

    def outcomes(self) -> Iterator[Outcome]:
        yield from self._outcomes
        if self._last is not None:
            raise self._last


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def finding(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the next go find these outcomes."""

    def find(*outcomes: Outcome, last: type[BaseException] | None = None) -> None:
        real = variants.prepared

        def made(arguments: object) -> tuple[Made, Kept, list[Outcome]]:
            _, kept, known = real(arguments)  # type: ignore[arg-type]
            return Made(*outcomes, last=last), kept, known

        monkeypatch.setattr(variants, "prepared", made)

    return find


def test_several_goes_make_one_table(folder: Path, finding: Callable[..., None]) -> None:
    for outcome in (RIGHT, REFUSED):
        finding(outcome)
        assert main(["variants", "--jitgate-device", "cpu", "--to", "table.md"]) == 0
    table = (folder / "table.md").read_text(encoding="utf-8")
    assert "| `eager` | 0e+00 |" in table
    assert "| `cudagraph` | [1] |" in table
    assert "- torch: 2." in table


def test_what_is_known_is_not_tried_again_unless_it_is_asked_for(
    folder: Path, finding: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["variants", "--jitgate-device", "cpu", "--workload", VOCODER]
    finding(RIGHT, REFUSED)
    main(command)
    assert "known" not in capsys.readouterr().out
    only = [*command, "--jitgate-variants", "cudagraph"]
    assert main(only) == 0  # both are known, the baseline comes with every selection
    assert "2 known from an earlier go" in capsys.readouterr().out
    main([*only, "--again"])
    assert "known" not in capsys.readouterr().out


def test_what_is_known_and_not_well_is_not_well_the_next_time_either(
    folder: Path, finding: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        finding(Outcome(VOCODER, "first_chunk", "eager", "2026-11-23", Fate.OUT, 0.5, "far off"))
        main(["variants", "--jitgate-device", "cpu"])
    finding()
    assert main(["variants", "--jitgate-device", "cpu", "--workload", VOCODER, "--jitgate-variants", "eager"]) == 1


def test_a_later_try_takes_the_place_of_an_earlier_one_and_a_failure_is_not_well(
    folder: Path, finding: Callable[..., None]
) -> None:
    failed = Outcome(VOCODER, "first_chunk", "eager", "2026-11-23", Fate.FAILED, why="it died")
    finding(RIGHT, failed)
    assert main(["variants", "--jitgate-device", "cpu", "--to", "table.md"]) == 1
    assert "| `eager` | **failed** [1] |" in (folder / "table.md").read_text(encoding="utf-8")
    kept = [json.loads(line)["fate"] for line in (folder / ".jitgate" / "variants.json").read_text().splitlines()]
    assert kept == ["right", "failed"]


def test_an_interrupt_keeps_what_was_found_and_writes_the_table(
    folder: Path, finding: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    finding(REFUSED, last=KeyboardInterrupt)
    assert main(["variants", "--jitgate-device", "cpu", "--to", "table.md"]) == 130
    printed = capsys.readouterr()
    assert f"[1/1] {VOCODER} cudagraph: refused: no card" in printed.out
    assert "the same command goes on from there" in printed.err
    assert "| `cudagraph` | [1] |" in (folder / "table.md").read_text(encoding="utf-8")
    assert [said["variant"] for said in json.loads((folder / "table.json").read_text())] == ["cudagraph"]


COMMITTED = [
    "variants",
    "--jitgate-device",
    "cpu",
    "--workload",
    VOCODER,
    "--jitgate-variants",
    "cudagraph",
    "--to",
    "t.md",
]


@pytest.fixture
def committed(folder: Path) -> Path:
    """The findings of both cells of `COMMITTED`, in a folder where nothing was tried yet."""
    _, kept, _ = _all_prepared(COMMITTED)
    for outcome in (RIGHT, REFUSED):
        kept.keep(outcome)
    kept.publish(folder / "t.json")
    kept.path.unlink()
    return folder / "t.json"


def test_a_fresh_folder_knows_what_was_committed_beside_the_table(committed: Path) -> None:
    before = committed.read_bytes()
    trial, kept, known = _all_prepared(COMMITTED)
    assert (trial.count, [outcome.variant for outcome in known]) == (0, ["eager", "cudagraph"])
    assert _all_prepared([*COMMITTED, "--again"])[0].count == 2
    assert _all_prepared(COMMITTED[:-2])[0].count == 2  # nothing is read without --to
    assert main(COMMITTED) == 0
    assert "| `cudagraph` | [1] |" in committed.with_suffix(".md").read_text(encoding="utf-8")
    assert committed.read_bytes() == before
    assert not kept.path.exists()


def test_what_was_committed_of_another_source_is_tried_again_and_not_written_again(
    committed: Path, finding: Callable[..., None]
) -> None:
    said = json.loads(committed.read_text())
    committed.write_text(json.dumps([entry | {"key": "0" * 20} for entry in said]))
    trial, _, known = _all_prepared(COMMITTED)
    assert (trial.count, known) == (2, [])
    finding(RIGHT)
    assert main(COMMITTED) == 0
    assert json.loads(committed.read_text()) == [entry for entry in said if entry["variant"] == "eager"]


def test_a_malformed_file_beside_the_table_is_named_and_left_alone(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed.write_text("<<<<<<< HEAD\n")
    for arguments in (COMMITTED, [*COMMITTED, "--again"]):
        assert main(arguments) == 4
        assert capsys.readouterr().err == (
            "jitgate variants: t.json is not a JSON list of findings: restore it, or move it away to try all again\n"
        )
    assert committed.read_text() == "<<<<<<< HEAD\n"


def test_a_pipeline_is_tried_by_what_it_lists_and_a_module_in_every_way(folder: Path) -> None:
    parser_says = ["variants", "--jitgate-device", "cpu", "--workload", "cosyvoice2-small.*"]
    tasks = {task.workload.name: [each.name for each in task.variants] for task in _prepared(parser_says).tasks}
    assert tasks["cosyvoice2-small.pipeline"][:2] == ["eager", "flow_encoder=torchscript"]
    assert "inductor" not in tasks["cosyvoice2-small.pipeline"]
    assert {"inductor+bf16", "cudagraph", "int8-dynamic"} <= set(tasks[VOCODER])
    assert "batched" in tasks["cosyvoice2-small.short_texts"]
    assert "batched" not in tasks[VOCODER]


def _prepared(words: list[str]) -> Trial:
    return _all_prepared(words)[0]


def _all_prepared(words: list[str]) -> tuple[Trial, Kept, list[Outcome]]:
    import argparse

    parser = argparse.ArgumentParser()
    variants.register(parser.add_subparsers())
    return variants.prepared(parser.parse_args(words))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workload", "nowhere"], "--workload nowhere matches nothing (there are: cosyvoice2.flow_encoder, "),
        (["--jitgate-variants", "eagle"], "--jitgate-variants: there is no variant 'eagle', did you mean 'eager'?"),
        (["--at-once", "0"], "--at-once 0 is not a whole number from 1"),
        (["--to", "t.json"], "--to t.json is the place of the findings: name the table, t.md"),
        (["--to", "t.JSON"], "--to t.JSON is the place of the findings: name the table, t.md"),
        (["--to", "."], "--to . is a folder: name a file in it, such as variants.md"),
        (
            ["--to", ".jitgate/variants.md"],
            "would put the findings in the place of .jitgate/variants.json: choose another",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["variants", "--jitgate-device", "cpu", *arguments]) == 4
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1
