"""Every shipped workload is taken over, or left out with a reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.model.interpreter import Interpreter
from jitgate.worker.factories import resolve
from jitgate.workloads.spec import WorkloadSpec
from jitgate_cosyvoice.checkout.own_ways import JIT_FILE, ONNX_FILE
from jitgate_cosyvoice.checkout.parts import (
    LANGUAGE_MODEL,
    NARROW,
    NO_BLUEPRINT,
    NO_DIRECTORY,
    NOT_BY_ITSELF,
    ONLY_OF_A_CHECKOUT,
    OTHER,
    PARTS,
    VERSION_1,
    TakenOver,
)
from jitgate_cosyvoice.checkout.place import Checkout
from jitgate_cosyvoice.registry import shipped_workloads

SHIPPED = shipped_workloads()
BOTH = Checkout(Path("/x"), {"cosyvoice2": Path("/x/cosyvoice2.yaml"), "cosyvoice": Path("/x/cosyvoice.yaml")})
DIRECTORY = Path("/weights")


def taken_over(spec: WorkloadSpec, checkout: Checkout, asked: Collection[str] = ()) -> WorkloadSpec:
    return TakenOver(checkout, DIRECTORY, asked=asked).of(spec)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_reason_or_a_factory(name: str) -> None:
    found = taken_over(SHIPPED[name], BOTH)
    if found.left_out:
        assert name not in PARTS
        assert found.left_out in {NARROW, LANGUAGE_MODEL, VERSION_1, OTHER}
        return
    assert callable(resolve(found.factory, found.where))
    assert found.variants[: len(PARTS[name])] == PARTS[name]
    assert set(found.variants[len(PARTS[name]) :]) <= {"cosyvoice-fp16"}
    assert found.scenarios == SHIPPED[name].scenarios
    assert found.weight_source.checkout == Path("/x")
    assert found.where == "--jitgate-cosyvoice /x"
    assert f"module of /x, built from its {name.partition('.')[0]}.yaml" in found.notes
    scripted = any("torchscript" in variant for variant in found.variants)
    assert any("scripted here: without CUDA" in note for note in found.notes) == scripted
    dropped = set(SHIPPED[name].variants) - set(found.variants)
    said = " ".join(note for note in found.notes if note.endswith(NOT_BY_ITSELF))
    assert all(f"no {variant}" in said for variant in dropped)
    assert bool(dropped) == bool(said)


def test_a_checkpoint_s_weights_are_read_but_not_its_torchscript_files() -> None:
    share = taken_over(SHIPPED["cosyvoice2.flow_encoder"], BOTH).checkpoint_spec
    assert share is not None
    assert (share.files, share.jit) == (("flow.pt",), None)


def test_what_is_asked_for_is_measured_and_what_our_own_module_has_is_not() -> None:
    own = SHIPPED["cosyvoice2.flow_encoder"]
    assert "inductor" in own.variants
    assert taken_over(own, BOTH).variants == ("eager", "torchscript")
    for asked in ("inductor", "all"):
        assert taken_over(own, BOTH, [asked]).variants == ("eager", "torchscript", "inductor")
    gated = replace(own, variants=(*own.variants, "torchscript+bf16"))
    assert taken_over(gated, BOTH).variants == ("eager", "torchscript", "torchscript+bf16")


def test_every_part_is_shipped() -> None:
    assert set(PARTS) == {*(set(PARTS) & set(SHIPPED)), *(spec.name for spec in ONLY_OF_A_CHECKOUT)}


def test_a_checkpoint_of_one_version_leaves_out_the_other() -> None:
    only = replace(BOTH, blueprints={"cosyvoice2": Path("/x/cosyvoice2.yaml")})
    assert taken_over(SHIPPED["cosyvoice.llm"], only).left_out == NO_BLUEPRINT
    assert not taken_over(SHIPPED["cosyvoice2.flow"], only).left_out


def test_what_a_user_brings_along_and_reasons_that_were_there_stay() -> None:
    mine = WorkloadSpec("my.encoder", "a:b", (), ("eager",), where="pyproject.toml")
    assert taken_over(mine, BOTH) is mine
    tired = replace(SHIPPED["cosyvoice2.llm_decode"], left_out="too tired")
    assert taken_over(tired, BOTH).left_out == "too tired"


def test_tts_needs_a_directory_where_the_yaml_leaves_the_language_model_open(tmp_path: Path) -> None:
    (tmp_path / "cosyvoice2.yaml").write_text("flow: 1\n")
    assert (
        TakenOver(Checkout(tmp_path, {"cosyvoice2": tmp_path / "cosyvoice2.yaml"}), tmp_path)
        .of(SHIPPED["cosyvoice2.pipeline"])
        .left_out
        == "tts() needs a language model, and the yaml describes none"
    )
    (tmp_path / "cosyvoice2.yaml").write_text("qwen_pretrain_path: ''\nllm: 1\n")
    checkout = Checkout(tmp_path, {"cosyvoice2": tmp_path / "cosyvoice2.yaml"})
    spec = SHIPPED["cosyvoice2.pipeline"]
    assert TakenOver(checkout).of(spec).left_out == NO_DIRECTORY
    assert not TakenOver(checkout, tmp_path).of(spec).left_out
    (tmp_path / "cosyvoice2.yaml").write_text("qwen_pretrain_path: 'here'\nllm: 1\n")
    assert not TakenOver(checkout).of(spec).left_out


def test_files_of_a_directory_are_variants_where_they_are_there(tmp_path: Path) -> None:
    spec = SHIPPED["cosyvoice2.pipeline"]
    for file in (JIT_FILE, ONNX_FILE):
        (tmp_path / file).touch()
    found = TakenOver(BOTH, tmp_path).of(spec).variants
    assert found[-3:] == ("flow_encoder=load_jit", "flow_estimator=load_trt", "cosyvoice-fp16")


@pytest.mark.parametrize(
    ("version", "said"), [("4.51.3", ""), ("4.53.0", "may change what"), ("5.23.0", "changes what")]
)
def test_a_transformers_that_changes_the_language_model_is_told(version: str, said: str) -> None:
    own = Interpreter(Path("/python"), "3.10.13", "2.3.1", {"transformers": version})
    notes = TakenOver(BOTH, DIRECTORY, own).of(SHIPPED["cosyvoice2.pipeline"]).notes
    told = [note for note in notes if "it pins 4.51.3" in note]
    assert [f"transformers {version} {said}" in note for note in told] == [True] * bool(said)
