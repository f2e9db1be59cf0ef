"""Names that installed libraries know."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from jitgate.building import libraries
from jitgate.building.libraries import by_name
from jitgate.building.transformers_names import found
from jitgate.model.errors import UsageError
from jitgate.model.own_model import InputSpec
from jitgate.workloads.own_model import own_model


@pytest.mark.parametrize(
    ("name", "model", "config"),
    [
        ("BertModel", "BertModel", "BertConfig"),
        ("BertForMaskedLM", "BertForMaskedLM", "BertConfig"),
        ("bert", "BertModel", "BertConfig"),
        ("t5", "T5Model", "T5Config"),
        ("xlm-roberta", "XLMRobertaModel", "XLMRobertaConfig"),
        ("bert-base-uncased", "BertModel", "BertConfig"),
        ("openai/whisper-tiny", "WhisperModel", "WhisperConfig"),
    ],
)
def test_a_class_a_type_and_a_checkpoint_are_names(name: str, model: str, config: str) -> None:
    kind, made = found(name)
    assert (kind.__name__, type(made).__name__) == (model, config)


def test_a_checkpoint_of_several_models_is_refused() -> None:
    with pytest.raises(UsageError, match=r"stands for several models of transformers: .*; name the class"):
        found("facebook/sam3")


@pytest.mark.parametrize(
    ("name", "close"), [("bertt", "bert"), ("BertModell", "BertModel"), ("bert-base-uncase", "bert-base-uncased")]
)
def test_an_unknown_name_is_one_sentence_with_close_ones(name: str, close: str) -> None:
    with pytest.raises(UsageError, match="close to it are") as error:
        by_name(own_model(name, (), Path(), shrink=False))
    assert close in str(error.value)
    assert "\n" not in str(error.value)


def test_what_does_not_fit_into_memory_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: _Memory(100 << 20))
    with pytest.raises(UsageError, match=r"0\.1 billion parameters .* add --jitgate-shrink"):
        by_name(own_model("bert", (), Path(), shrink=False))


class _Memory:
    def __init__(self, available: int) -> None:
        self.available = available


@pytest.fixture
def timm(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A stand-in for timm, which knows one model."""

    class Net(torch.nn.Module):
        default_cfg = {"input_size": (3, 32, 48)}  # noqa: RUF012 - as timm has it

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    made = ModuleType("timm")
    made.is_model = lambda name: name in ("tiny_net", "bert")  # type: ignore[attr-defined]
    made.list_models = lambda: ["tiny_net", "bert"]  # type: ignore[attr-defined]
    made.create_model = lambda name, *, pretrained: Net() if not pretrained else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", made)
    monkeypatch.setattr(libraries, "_import", lambda name: None if name in ("timm", "transformers") else "")
    monkeypatch.setattr(libraries, "_version", lambda _: "1.2.3")
    return made


def test_a_model_of_timm_takes_an_image_of_its_size(timm: ModuleType) -> None:
    made = by_name(own_model("tiny_net", (), Path(), shrink=False))
    assert made.candidates == {"x": InputSpec("x", (1, 3, 32, 48), "float32")}
    assert "tiny_net of timm 1.2.3" in made.title


def test_a_name_that_two_libraries_know_is_refused(timm: ModuleType) -> None:
    with pytest.raises(UsageError, match="write transformers/bert or timm/bert"):
        by_name(own_model("bert", (), Path(), shrink=False))
    assert "timm" in by_name(own_model("timm/bert", (), Path(), shrink=False)).title


def test_an_image_model_can_not_be_narrowed(timm: ModuleType) -> None:
    with pytest.raises(UsageError, match="has no configuration to narrow"):
        by_name(own_model("tiny_net", (), Path(), shrink=True))


def test_a_library_that_is_broken_stands_in_no_other_ones_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "BertModel" in by_name(own_model("bert", (), Path(), shrink=True)).title
    for name in ("torchvision/resnet18", "resnet_of_nowhere"):
        with pytest.raises(UsageError, match=r"torchvision can't be imported.*operator torchvision::nms"):
            by_name(own_model(name, (), Path(), shrink=False))
