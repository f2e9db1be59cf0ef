"""From what one option names to a workload that can be called."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.building.own_model import facts_of, workload_of
from jitgate.building.values import value_of
from jitgate.model.errors import UsageError
from jitgate.model.inputs import called as call_of
from jitgate.model.own_model import InputSpec, OwnModelFacts
from jitgate.workloads.own_model import own_model, spec_of
from jitgate.workloads.workload import Workload


class Two(torch.nn.Module):
    """Two tensors of which the second can't be guessed, and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(8, 4)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, scale: int = 1) -> dict[str, torch.Tensor]:
        return {"y": self.linear(x) * mask * scale}


def described(what: str, folder: Path, *inputs: str, made: Any = None, shrink: bool = False) -> OwnModelFacts:
    return facts_of(own_model(what, inputs, folder, shrink=shrink), lambda _: lambda: made)


def called(what: str, folder: Path, *inputs: str, made: Any = None, shrink: bool = False) -> Any:
    asked = own_model(what, inputs, folder, shrink=shrink)
    load: Callable[[str], Callable[[], Any]] = lambda _: lambda: made  # noqa: E731 - a stand-in for an import
    own = spec_of(asked, facts_of(asked, load), ()).own
    assert own is not None
    workload = workload_of(own, load)
    (scenario,) = workload.scenarios
    with torch.inference_mode():
        return call_of(workload.module, workload.calls(scenario)[0])


@pytest.mark.parametrize(
    ("layer", "sizes", "dtype"),
    [
        (torch.nn.Linear(8, 4), (1, 8), "float32"),
        (torch.nn.Conv2d(3, 4, 3), (1, 3, 64, 64), "float32"),
        (torch.nn.Conv1d(2, 4, 3), (1, 2, 256), "float32"),
        (torch.nn.Embedding(50, 4), (1, 16), "int64"),
        (torch.nn.LSTM(8, 4, batch_first=True), (1, 16, 8), "float32"),
    ],
)
def test_the_first_layer_says_what_a_module_takes(
    layer: torch.nn.Module, sizes: tuple[int, ...], dtype: str, tmp_path: Path
) -> None:
    (made,) = described("mine:net", tmp_path, made=torch.nn.Sequential(layer)).inputs
    assert (made.sizes, made.dtype) == (sizes, dtype)


def test_indices_stay_in_the_table(tmp_path: Path) -> None:
    (made,) = described("mine:net", tmp_path, made=torch.nn.Embedding(50, 4)).inputs
    values = value_of(made)
    assert 0 <= int(values.min()) <= int(values.max()) < 50
    assert torch.equal(values, value_of(made))


class Words(torch.nn.Module):
    """Looks ids up in the second of its layers, where the first one says nothing of what it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.head = torch.nn.Linear(4, 30)
        self.words = torch.nn.Embedding(70, 4, padding_idx=0)
        self.places = torch.nn.Embedding(40, 4)

    def forward(self, ids: torch.Tensor, position_ids: torch.Tensor, kinds: torch.Tensor | None = None) -> torch.Tensor:
        found = self.words(ids) + self.places(position_ids)
        if kinds is not None:
            found = found * torch.nn.functional.one_hot(kinds, 2).sum(-1, keepdim=True)
        scores: torch.Tensor = self.head(found)
        return scores.argmax(-1)


IDS, PLACES = "ids=1x16:int64", "position_ids=1x16:int64"


def test_ids_come_from_all_rows_but_the_padding_and_other_whole_numbers_stay(tmp_path: Path) -> None:
    words = Words()
    found = {
        each.name: each for each in described("mine:w", tmp_path, IDS, PLACES, "kinds=1x16:int64", made=words).inputs
    }
    assert (found["ids"].low, found["ids"].high) == (1, 69)
    assert found["position_ids"].low is found["kinds"].low is None
    assert len(called("mine:w", tmp_path, IDS, PLACES, made=words).unique()) > 3


def test_a_range_that_a_person_gives_stays(tmp_path: Path) -> None:
    found = described("mine:w", tmp_path, f"{IDS}:0..1", PLACES, made=Words()).inputs
    assert (found[0].low, found[0].high) == (0, 1)


class Strict(Words):
    """Looks its ids up and takes only some."""

    def forward(self, ids: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        if int(ids.max()) > 1:
            raise ValueError("only 0 and 1")
        scores: torch.Tensor = self.words(ids)
        return scores


def test_ids_that_a_model_does_not_take_are_not_made(tmp_path: Path) -> None:
    (made,) = described("mine:s", tmp_path, IDS, made=Strict()).inputs
    assert made == InputSpec("ids", (1, 16), "int64")


def test_an_example_of_zeros_says_little_of_ids(tmp_path: Path) -> None:
    module: Any = torch.nn.Embedding(50, 4, padding_idx=49)
    module.example_inputs = (torch.zeros(1, 8, dtype=torch.int64),)
    assert described("mine:e", tmp_path, made=module).inputs == (InputSpec("input", (1, 8), "int64", 0, 48),)


def test_an_example_that_a_module_carries_is_used(tmp_path: Path) -> None:
    module = torch.nn.Linear(8, 4)
    module.example_input_array = torch.zeros(5, 8)
    assert described("mine:net", tmp_path, made=module).inputs == (InputSpec("input", (5, 8), "float32"),)


def test_an_input_that_can_not_be_made_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mine:net: it needs mask, .* pass it as in --jitgate-input mask=") as error:
        described("mine:net", tmp_path, made=Two())
    assert "\n" not in str(error.value)
    found = described("mine:net", tmp_path, "mask=1x4:float32", made=Two())
    assert [each.name for each in found.inputs] == ["x", "mask"]


def test_a_plain_value_is_given_by_keyword(tmp_path: Path) -> None:
    once = called("mine:net", tmp_path, "mask=1x4:float32", made=(two := Two()))
    (thrice,) = called("mine:net", tmp_path, "mask=1x4:float32", "scale=3:int", made=two)
    assert torch.allclose(3 * once["y"], thrice)


def test_an_input_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"takes no input 'maks', did you mean 'mask'\? \(it takes: x, mask, scale\)"):
        described("mine:net", tmp_path, "maks=1x4:float32", made=Two())


def test_inputs_of_other_sizes_fail_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"forward\(\) fails with the inputs .* pass others") as error:
        described("mine:net", tmp_path, "input=1x9:float32", made=torch.nn.Linear(8, 4))
    assert "\n" not in str(error.value)


def test_a_workload_keeps_its_own_scenarios(tmp_path: Path) -> None:
    made = Workload(torch.nn.Linear(8, 4), {"short": (torch.zeros(1, 8),), "long": (torch.zeros(9, 8),)})
    assert described("mine:net", tmp_path, made=made).scenarios == ("short", "long")
    with pytest.raises(UsageError, match="has inputs of its own"):
        described("mine:net", tmp_path, "x=1:int64", made=made)


@pytest.mark.parametrize(("made", "shrink", "said"), [("net", False, "returned str"), (Two(), True, "narrow it there")])
def test_what_can_not_be_measured_says_why(made: Any, shrink: bool, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        described("mine:net", tmp_path, made=made, shrink=shrink)


def test_a_factory_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "net_of_mine.py").write_text("import torch\ndef make():\n    return torch.nn.Linear(8, 4)\n")
    assert called("net_of_mine.py:make", tmp_path).shape == (1, 4)
    with pytest.raises(UsageError, match="there is no callable 'made' in it"):
        described("net_of_mine.py:made", tmp_path)
    with pytest.raises(UsageError, match=r"other\.py: there is no such file"):
        described("other.py:make", tmp_path)


def test_a_model_that_a_file_holds_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "held.py").write_text("import torch\nmodel = torch.nn.Linear(3, 4)\n")
    assert called("held.py:model", tmp_path).shape == (1, 4)
    with pytest.raises(UsageError, match=r"held.py: name the function in it that makes the model, as in held.py:"):
        described("held.py", tmp_path)


def test_a_model_of_transformers_by_its_name(tmp_path: Path) -> None:
    facts = described("bert", tmp_path, shrink=True)
    assert facts.scenarios == ("1x32",)
    assert [each.name for each in facts.inputs] == ["input_ids", "attention_mask"]
    assert facts.inputs[0].high == 1023
    states, pooled = called("bert", tmp_path, shrink=True)
    assert (states.shape, pooled.shape) == ((1, 32, 64), (1, 64))


def test_what_is_no_plain_call_is_said(tmp_path: Path) -> None:
    for name in ("GPT2LMHeadModel", "t5"):
        assert any("generate() is not known" in line for line in described(name, tmp_path, shrink=True).lines)
    assert not any("generate()" in line for line in described("vit", tmp_path, shrink=True).lines)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A tiny BERT, as `save_pretrained` writes it."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(7)
    config = BertConfig(vocab_size=99, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    model = BertModel(config)
    model.save_pretrained(tmp_path / "saved")
    torch.save(model.state_dict(), tmp_path / "weights.bin")
    return tmp_path / "saved"


def test_a_directory_brings_its_weights(directory: Path) -> None:
    facts = described(str(directory), directory.parent)
    assert "its weights" in facts.lines[0]
    saved = called(str(directory), directory.parent)
    (directory / "model.safetensors").unlink()
    assert "random weights" in described(str(directory), directory.parent).lines[0]
    random = called(str(directory), directory.parent)
    assert not torch.equal(saved[0], random[0])
    (directory.parent / "weights.bin").rename(directory / "pytorch_model.bin")
    assert torch.equal(saved[0], called(str(directory), directory.parent)[0])


def test_weights_that_are_missing_are_named(directory: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = directory / "model.safetensors"
    weights = load_file(file)
    weights.pop("pooler.dense.bias")
    save_file(weights, file, {"format": "pt"})
    lines = described(str(directory), directory.parent).lines
    assert any("1 tensors are not in" in line and "pooler.dense.bias" in line for line in lines)


def test_a_directory_of_an_unknown_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "of_tomorrow"}))
    with pytest.raises(UsageError, match=r"config\.json: transformers does not know it"):
        described(str(tmp_path), tmp_path)
    with pytest.raises(UsageError, match=r"the directory has no config\.json"):
        described("./here", _made(tmp_path / "here").parent)


def test_a_settled_model_needs_no_second_search(tmp_path: Path) -> None:
    asked = own_model("bert", ("input_ids=2x7:int64",), tmp_path, shrink=True)
    facts = facts_of(asked, lambda _: lambda: None)
    own = spec_of(asked, facts, ()).own
    assert own is not None
    assert own == replace(asked, inputs=facts.inputs, settled=True)
    assert own.inputs[0] == InputSpec("input_ids", (2, 7), "int64", 1, 1023)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
