"""The shipped workloads and a model directory: every name and shape of the original's files finds its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from jitgate.model.errors import UsageError
from jitgate.worker.factories import build_workload
from jitgate.workloads.weight_source import WeightSource
from jitgate_cosyvoice.checkpoints import MARKERS, generation_of
from jitgate_cosyvoice.registry import shipped_workloads
from jitgate_cosyvoice.v1 import modules

from tests.jitgate_cosyvoice.checkpoints import mark, true_size

SHIPPED = shipped_workloads()

PREFIXES = {
    "cosyvoice2.flow_encoder": "encoder.",
    "cosyvoice2.flow_estimator": "decoder.estimator.",
    "cosyvoice2.short_texts": "",
    "cosyvoice.text_encoder": "text_encoder.",
    "cosyvoice.flow_encoder": "encoder.",
}
"""Where the workload's module is only a part of the file's."""


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pretrained")
    return {generation: true_size(folder / generation, generation) for generation in ("v1", "v2")}


def test_every_workload_at_true_size_has_a_share_and_no_narrow_one() -> None:
    assert {name for name, spec in SHIPPED.items() if spec.checkpoint_spec} == {
        name for name in SHIPPED if "-small" not in name
    }


@pytest.mark.parametrize("name", [name for name, spec in SHIPPED.items() if spec.checkpoint_spec])
def test_a_checkpoint_with_the_original_s_layout_loads(
    name: str, directories: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "llm_" in name or name.endswith("pipeline"):
        pytest.importorskip("transformers", reason="the extra `llm` is not installed")
    # Its caches at true size are 0.8 GB, and say nothing about weights.
    monkeypatch.setattr(modules, "step_scenarios", lambda **_: {"1s": (torch.zeros(1),) * 3})
    spec = SHIPPED[name]
    assert spec.checkpoint_spec is not None
    origin = WeightSource(directories[MARKERS[spec.checkpoint_spec.marker]], None, spec.checkpoint_spec.files)
    module = build_workload(spec.factory, spec.where, origin).module
    for own, value in module.state_dict().items():
        inside = own.partition(".")[2] if name.endswith("pipeline") else own  # each file under a name of its own
        theirs = PREFIXES.get(name, "") + inside.replace("lm_head", "model.embed_tokens")
        assert value[(0,) * value.dim()].item() == mark(theirs), own


@pytest.mark.parametrize("name", ["cosyvoice2.vocoder", "cosyvoice.pipeline"])
def test_a_vocoder_s_file_may_have_the_names_of_its_training(name: str, tmp_path: Path) -> None:
    spec, generation = SHIPPED[name], "v2" if name.startswith("cosyvoice2.") else "v1"
    folder = true_size(tmp_path / "model", generation)
    saved = torch.load(folder / "hift.pt", weights_only=True)
    # As the original, which takes it out of every name that has it.
    torch.save({f"generator.{own}" if "ups" in own else own: value for own, value in saved.items()}, folder / "hift.pt")
    assert spec.checkpoint_spec is not None
    source = WeightSource(folder, None, spec.checkpoint_spec.files)
    state = build_workload(spec.factory, spec.where, source).module.state_dict()
    at = "hift." if name.endswith("pipeline") else ""
    for own in ("conv_post.bias", "ups.0.bias"):
        assert state[at + own][0].item() == mark(own)

    torch.save({f"discriminator.{own}": value for own, value in saved.items()}, folder / "hift.pt")
    with pytest.raises(UsageError, match=r"hift\.pt: tensor '.*' is missing"):
        build_workload(spec.factory, spec.where, source)


def test_a_directory_says_what_it_is(directories: dict[str, Path], tmp_path: Path) -> None:
    assert {name: generation_of(path) for name, path in directories.items()} == {"v1": "v1", "v2": "v2"}
    assert generation_of(tmp_path) is None
    (tmp_path / "cosyvoice3.yaml").write_text("")
    assert generation_of(tmp_path) == "v3"
    (tmp_path / "cosyvoice3.yaml").unlink()
    for name in ("cosyvoice.yaml", "cosyvoice2.yaml"):
        (tmp_path / name).write_text("")
    with pytest.raises(UsageError, match=r"has cosyvoice\.yaml and cosyvoice2\.yaml"):
        generation_of(tmp_path)
    with pytest.raises(UsageError, match="is not a directory"):
        generation_of(tmp_path / "cosyvoice.yaml")
