"""Every shipped workload is taken over, or left out with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.worker.factories import resolve
from jitgate.workloads.spec import WorkloadSpec
from jitgate_cosyvoice.checkout.parts import (
    LANGUAGE_MODEL,
    NARROW,
    NO_BLUEPRINT,
    ONLY_OF_A_CHECKOUT,
    OTHER_ENGINE,
    PARTS,
    WHOLE,
    taken_over,
)
from jitgate_cosyvoice.checkout.place import Checkout
from jitgate_cosyvoice.registry import shipped_workloads

SHIPPED = shipped_workloads()
BOTH = Checkout(Path("/x"), {"cosyvoice2": Path("/x/cosyvoice2.yaml"), "cosyvoice": Path("/x/cosyvoice.yaml")})


@pytest.mark.parametrize("name", SHIPPED)
def test_a_reason_or_a_factory(name: str) -> None:
    found = taken_over(SHIPPED[name], BOTH)
    if found.left_out:
        assert name not in PARTS
        assert found.left_out in {NARROW, LANGUAGE_MODEL, WHOLE}
        return
    assert callable(resolve(found.factory, found.where))
    assert found.variants == PARTS[name]
    assert found.scenarios == SHIPPED[name].scenarios
    assert found.weight_source.checkout == Path("/x")
    assert found.where == "--jitgate-cosyvoice /x"
    assert f"module of /x, built from its {name.partition('.')[0]}.yaml" in found.notes
    assert any("scripted here: without CUDA" in note for note in found.notes) == ("torchscript" in found.variants)
    dropped = set(SHIPPED[name].variants) - set(found.variants)
    said = " ".join(note for note in found.notes if note.endswith(OTHER_ENGINE))
    assert all(f"no {variant}" in said for variant in dropped)
    assert bool(dropped) == bool(said)


def test_a_checkpoint_s_weights_are_read_but_not_its_torchscript_files() -> None:
    share = taken_over(SHIPPED["cosyvoice2.flow_encoder"], BOTH).checkpoint_spec
    assert share is not None
    assert (share.files, share.jit) == (("flow.pt",), None)


def test_precisions_of_an_engine_go_with_it() -> None:
    spec = replace(SHIPPED["cosyvoice2.flow_encoder"], variants=("eager", "torchscript", "torchscript+bf16", "onnx"))
    assert taken_over(spec, BOTH).variants == ("eager", "torchscript", "torchscript+bf16")


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
