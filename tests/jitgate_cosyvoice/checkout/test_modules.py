"""Every workload of a checkout: built from its yaml, fed like jitgate's own, scripted where CosyVoice exports it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jitgate.engines.torchscript import TorchScript
from jitgate.model.errors import UsageError
from jitgate.values.leaves import leaves
from jitgate.worker.content import weights_digest
from jitgate.worker.factories import build_workload
from jitgate.workloads.weight_source import WeightSource, entered
from jitgate.workloads.weights import seeded_weight
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.checkout.modules import import_packages
from jitgate_cosyvoice.checkout.parts import PARTS
from jitgate_cosyvoice.registry import shipped_workloads

from tests.jitgate_cosyvoice.blueprints import COSYVOICE2
from tests.jitgate_cosyvoice.checkout.conftest import CheckpointPart, Make
from tests.jitgate_cosyvoice.checkouts3 import write_checkout3


def outputs(module: Callable[..., object], workload: Workload, scenario: str) -> list[torch.Tensor]:
    torch.manual_seed(0)  # as before every call of a workload that draws
    with torch.inference_mode():
        found = leaves(module(*workload.calls(scenario)[0]))
    assert all(isinstance(leaf, torch.Tensor) and leaf.isfinite().all() for leaf in found)
    return found


@pytest.mark.parametrize(
    "name", sorted(name for name in {*PARTS} & {*shipped_workloads()} if not name.endswith(".pipeline"))
)
def test_every_scenario_is_answered_the_same_by_every_variant(make: Make, name: str, tmp_path: Path) -> None:
    workload = make(name)
    assert tuple(workload.scenarios) == shipped_workloads()[name].scenarios
    right = {scenario: outputs(workload.module, workload, scenario) for scenario in workload.scenarios}
    runners: list[Callable[..., object]] = [workload.module]
    if "torchscript" in PARTS[name]:
        path = tmp_path / "module.zip"
        facts = TorchScript().export(workload.module, [], path)
        runners.append(TorchScript().load(path, "cpu", facts))
    for scenario in ("1s", "5s"):
        for runner in runners:
            for one, two in zip(outputs(runner, workload, scenario), right[scenario], strict=True):
                torch.testing.assert_close(one, two)


def test_a_sentence_gives_its_length_of_speech(make: Make) -> None:
    flow, vocoder = make("cosyvoice2.flow"), make("cosyvoice2.vocoder")
    (mel,) = outputs(flow.module, flow, "1s")
    assert mel.shape == (1, 80, 50)
    audio, source = outputs(vocoder.module, vocoder, "1s")
    assert audio.shape == (1, 24_000)
    assert source.shape == (1, 1, 24_000)


def test_only_what_is_measured_is_imported(part: CheckpointPart) -> None:
    part("cosyvoice2", "flow.encoder")
    loaded = {name for name in sys.modules if name.split(".")[0] in {"cosyvoice", "matcha"}}
    assert "cosyvoice.transformer.upsample_encoder" in loaded
    assert not {name for name in loaded if name.startswith(("cosyvoice.flow", "cosyvoice.dataset", "matcha"))}


def test_weights_follow_from_names_and_not_from_what_was_built_before(part: CheckpointPart) -> None:
    first = part("cosyvoice2", "flow.encoder").module
    torch.manual_seed(7)
    assert weights_digest(part("cosyvoice2", "flow.encoder").module) == weights_digest(first)
    weight = first.state_dict()["embed.out.0.weight"]
    assert torch.equal(weight, seeded_weight("embed.out.0.weight", (32, 32)))


def test_weights_of_a_checkpoint_are_those_below_the_part(part: CheckpointPart, tmp_path: Path) -> None:
    (tmp_path / "cosyvoice2.yaml").write_text(COSYVOICE2)
    whole = part("cosyvoice2", "flow").module
    weights = {name: value * 2 for name, value in whole.state_dict().items()}
    torch.save(weights, tmp_path / "flow.pt")
    found = part("cosyvoice2", "flow.decoder.estimator", tmp_path).module.state_dict()
    assert torch.equal(found["final_proj.weight"], weights["decoder.estimator.final_proj.weight"])
    assert weights_digest(part("cosyvoice2", "flow", tmp_path).module) != weights_digest(whole)

    torch.save({**weights, "encoder.embed.out.0.weight": torch.zeros(32, 16)}, tmp_path / "flow.pt")
    said = r"flow\.pt: tensor 'encoder\.embed\.out\.0\.weight' has shape \[32, 16\], expected \[32, 32\]"
    with pytest.raises(UsageError, match=said):
        part("cosyvoice2", "flow.encoder", tmp_path)


def test_a_yaml_next_to_the_weights_is_the_one_that_is_blamed(part: CheckpointPart, tmp_path: Path) -> None:
    (tmp_path / "cosyvoice2.yaml").write_text("flow: [")
    with pytest.raises(UsageError) as caught:
        part("cosyvoice2", "flow", tmp_path)
    assert str(caught.value).startswith(f"--jitgate-checkpoint {tmp_path}: cosyvoice2.yaml is not valid YAML: ")


def test_the_yaml_and_every_file_in_use_are_part_of_the_key(part: CheckpointPart, checkout: Path) -> None:
    def content() -> str:
        return part("cosyvoice2", "flow.encoder").content

    before = content()
    (checkout / "cosyvoice" / "flow" / "flow.py").write_text("# not in use")
    assert content() == before
    for file in ("examples/libritts/cosyvoice2/conf/cosyvoice2.yaml", "cosyvoice/utils/mask.py"):
        path = checkout / file
        path.write_text(path.read_text() + "\n# changed\n")
        assert content() != before
        before = content()


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
    with pytest.raises(UsageError) as caught:
        make(name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"--jitgate-cosyvoice {checkout.resolve()}: ")
    assert "\n" not in str(caught.value)


def test_without_a_checkout_there_is_nothing_to_build() -> None:
    from jitgate_cosyvoice.checkout.built import build

    with pytest.raises(UsageError, match="name one with --jitgate-cosyvoice CHECKOUT"):
        build("cosyvoice2", "flow.encoder")


@pytest.mark.parametrize("name", [name for name in PARTS if not name.endswith(".pipeline")])
def test_importing_its_packages_imports_all_that_building_does(
    name: str, checkout: Path, unimported: None, tmp_path: Path
) -> None:
    def loaded() -> set[str]:
        return {each for each in sys.modules if each.split(".")[0] in {"cosyvoice", "matcha"}}

    write_checkout3(checkout)
    source = WeightSource(checkout=checkout)
    factory = f"jitgate_cosyvoice.checkout.modules:{name.replace('.', '_')}"
    with entered(source):
        import_packages(factory)
    before = loaded()
    assert before
    build_workload(factory, "here", source)
    assert loaded() == before
