"""Every workload of a checkout: built from its yaml, fed like jitgate's own, scripted where CosyVoice exports it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from perf.errors import UsageProblem
from perf.variants.torchscript import TorchScript
from perf.workers.content import leaves, weights_digest
from perf.workloads.checkout.parts import PARTS
from perf.workloads.registry import shipped_workloads
from perf.workloads.weights import seeded_weight
from perf.workloads.workload import Workload

Make = Callable[..., Workload]


def outputs(module: Callable[..., object], workload: Workload, scenario: str) -> list[torch.Tensor]:
    with torch.inference_mode():
        found = leaves(module(*workload.calls(scenario)[0]))
    assert all(isinstance(leaf, torch.Tensor) and leaf.isfinite().all() for leaf in found)
    return found


@pytest.mark.parametrize("name", PARTS)
def test_every_scenario_is_answered_and_twice_the_same(make: Make, name: str) -> None:
    workload = make(name)
    assert tuple(workload.scenarios) == shipped_workloads()[name].scenarios
    for scenario in workload.scenarios:
        first = outputs(workload.module, workload, scenario)
        assert sum(leaf.numel() for leaf in first)
        again = outputs(workload.module, workload, scenario)
        assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))


@pytest.mark.parametrize("name", [name for name, variants in PARTS.items() if "torchscript" in variants])
def test_what_cosyvoice_exports_is_scripted_saved_and_loaded(make: Make, name: str, tmp_path: Path) -> None:
    workload = make(name)
    scenario = next(iter(workload.scenarios))
    path = tmp_path / "module.zip"
    facts = TorchScript().export(workload.module, workload.calls(scenario), path)
    loaded = TorchScript().load(path, "cpu", facts)
    for one, two in zip(outputs(loaded, workload, scenario), outputs(workload.module, workload, scenario), strict=True):
        torch.testing.assert_close(one, two)


def test_a_sentence_gives_its_length_of_speech(make: Make) -> None:
    flow, vocoder = make("cosyvoice2.flow"), make("cosyvoice2.vocoder")
    (mel,) = outputs(flow.module, flow, "1s")
    assert mel.shape == (1, 80, 50)
    audio, source = outputs(vocoder.module, vocoder, "1s")
    assert audio.shape == (1, 24_000)
    assert source.shape == (1, 1, 24_000)


def test_only_what_is_measured_is_imported(make: Make) -> None:
    make("cosyvoice2.flow_encoder")
    loaded = {name for name in sys.modules if name.split(".")[0] in {"cosyvoice", "matcha"}}
    assert "cosyvoice.transformer.upsample_encoder" in loaded
    assert not {name for name in loaded if name.startswith(("cosyvoice.flow", "cosyvoice.dataset", "matcha"))}


def test_weights_follow_from_names_and_not_from_what_was_built_before(make: Make) -> None:
    first = make("cosyvoice2.flow_encoder").module
    torch.manual_seed(7)
    assert weights_digest(make("cosyvoice2.flow_encoder").module) == weights_digest(first)
    weight = first.state_dict()["embed.out.0.weight"]
    assert torch.equal(weight, seeded_weight("embed.out.0.weight", (32, 32)))


def test_the_yaml_and_every_file_in_use_are_part_of_the_key(make: Make, checkout: Path) -> None:
    before = make("cosyvoice2.flow_encoder").content
    (checkout / "cosyvoice" / "flow" / "flow.py").write_text("# not in use")
    assert make("cosyvoice2.flow_encoder").content == before
    for file in ("examples/libritts/cosyvoice2/conf/cosyvoice2.yaml", "cosyvoice/utils/mask.py"):
        path = checkout / file
        path.write_text(path.read_text() + "\n# changed\n")
        assert make("cosyvoice2.flow_encoder").content != before
        before = make("cosyvoice2.flow_encoder").content


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "said"),
    [
        (
            "cosyvoice2.flow_encoder",
            "cosyvoice/transformer/upsample_encoder.py",
            "context: torch.Tensor = torch.zeros(0, 0, 0),",
            "",
            "flow.encoder: forward of UpsampleConformerEncoder takes (xs, xs_lens, decoding_chunk_size,",
        ),
        (
            "cosyvoice.llm",
            "cosyvoice/transformer/layers.py",
            "pos_bias_u",
            "bias",
            "llm.llm: TransformerEncoder has no parameter 'encoders.0.self_attn.pos_bias_u'",
        ),
        (
            "cosyvoice2.flow_encoder",
            "examples/libritts/cosyvoice2/conf/cosyvoice2.yaml",
            "UpsampleConformerEncoder",
            "UpsampledConformerEncoder",
            "has no 'UpsampledConformerEncoder', did you mean UpsampleConformerEncoder?",
        ),
        (
            "cosyvoice2.flow_encoder",
            "examples/libritts/cosyvoice2/conf/cosyvoice2.yaml",
            "linear_units: 64",
            "linear_unit: 64",
            "does not take what the file gives it (got an unexpected keyword argument 'linear_unit')",
        ),
        (
            "cosyvoice2.flow_encoder",
            "examples/libritts/cosyvoice2/conf/cosyvoice2.yaml",
            "    encoder: !new:cosyvoice.transformer.upsample_encoder.UpsampleConformerEncoder",
            "    encoder:",
            "flow.encoder is a dict, and has to be a torch.nn.Module",
        ),
    ],
)
def test_a_checkout_that_does_not_fit_is_said_to_in_one_sentence(
    make: Make, checkout: Path, name: str, file: str, old: str, new: str, said: str
) -> None:
    path = checkout / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UsageProblem) as caught:
        make(name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"--perf-cosyvoice {checkout.resolve()}: ")
    assert "\n" not in str(caught.value)


def test_without_a_checkout_there_is_nothing_to_build() -> None:
    from perf.workloads.checkout.built import build

    with pytest.raises(UsageProblem, match="name one with --perf-cosyvoice CHECKOUT"):
        build("cosyvoice2", "flow.encoder")
