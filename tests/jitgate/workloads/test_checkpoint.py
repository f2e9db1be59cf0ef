"""Weights of a checkpoint: they arrive where they belong, or one sentence says what does not fit."""

from __future__ import annotations

import os
from pathlib import Path

import jitgate
import pytest
import torch
from jitgate.model.errors import UsageError
from jitgate.workloads.checkpoint import CheckpointPart, read_file, read_weights
from jitgate.workloads.weight_source import WeightSource, entered
from jitgate.workloads.weights import build_seeded
from torch import Tensor, nn

from tests.jitgate_cosyvoice.checkpoints import tiny_encoder, tiny_flow, write_malicious

ENCODER = CheckpointPart("flow.pt", "encoder.")
LINEAR = "encoder.embed.out.0.weight"


@pytest.fixture(scope="module")
def flow() -> dict[str, Tensor]:
    return tiny_flow()


def loaded(folder: Path) -> nn.Module:
    """The tiny encoder with the weights of `folder`."""
    with entered(WeightSource(checkpoint=folder)):
        return build_seeded(tiny_encoder, ENCODER)


def refused(folder: Path) -> str:
    """What is said of `folder`; always about its flow.pt, in one line."""
    with pytest.raises(UsageError) as caught:
        loaded(folder)
    said = str(caught.value)
    assert said.startswith(str(folder / "flow.pt"))
    assert "\n" not in said
    return said.removeprefix(str(folder / "flow.pt"))


def test_a_part_of_a_file_is_the_module_s(flow: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(flow, tmp_path / "flow.pt")
    module, seeded = loaded(tmp_path), build_seeded(tiny_encoder)
    for name, value in module.state_dict().items():
        assert torch.equal(value, flow[f"encoder.{name}"])
    assert not torch.equal(module.get_parameter("embed.out.0.weight"), seeded.get_parameter("embed.out.0.weight"))
    assert not module.training
    assert not any(value.requires_grad for value in module.parameters())


def test_without_a_part_a_module_is_seeded_whatever_the_checkpoint(tmp_path: Path) -> None:
    with entered(WeightSource(checkpoint=tmp_path)):
        module = build_seeded(tiny_encoder)
    assert torch.equal(module.get_parameter("after_norm.bias"), build_seeded(tiny_encoder).after_norm.bias)


def test_half_precision_is_taken_as_the_original_takes_it(flow: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save({name: value.half() for name, value in flow.items()}, tmp_path / "flow.pt")
    found = loaded(tmp_path).get_parameter("embed.out.0.weight")
    assert found.dtype is torch.float32
    torch.testing.assert_close(found, flow[LINEAR], rtol=1e-3, atol=1e-4)


def test_several_files_make_one_module(flow: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(flow, tmp_path / "flow.pt")
    torch.save({"weight": torch.ones(2, 3), "bias": torch.ones(2)}, tmp_path / "hift.pt")

    def build() -> nn.Module:
        return nn.ModuleDict({"flow": tiny_encoder(), "hift": nn.Linear(3, 2)})

    with torch.device("meta"):
        module = build()
    weights = read_weights(
        tmp_path, [CheckpointPart("flow.pt", "encoder.", "flow."), CheckpointPart("hift.pt", "", "hift.")], module
    )
    assert list(weights) == list(module.state_dict())
    assert torch.equal(weights["flow.after_norm.bias"], flow["encoder.after_norm.bias"])
    assert torch.equal(weights["hift.bias"], torch.ones(2))


def test_a_table_of_two_names_stays_one(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(5, 3)
            self.out = nn.Linear(3, 5, bias=False)
            self.out.weight = self.table.weight

    table = torch.randn(5, 3)
    torch.save({"table.weight": table, "out.weight": table}, tmp_path / "flow.pt")
    with entered(WeightSource(checkpoint=tmp_path)):
        module = build_seeded(Tied, CheckpointPart("flow.pt"))
    assert module.out.weight is module.table.weight
    torch.save({"table.weight": table, "out.weight": table + 1}, tmp_path / "flow.pt")
    with (
        entered(WeightSource(checkpoint=tmp_path)),
        pytest.raises(UsageError, match=r"'out\.weight' is not equal to the one"),
    ):
        build_seeded(Tied, CheckpointPart("flow.pt"))


def test_a_file_is_mapped_where_little_of_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "flow.pt"
    torch.save({"small": torch.ones(10), "large": torch.ones(10_000)}, path)
    small, mapped = read_file(path, needed=40)
    assert mapped
    assert torch.equal(small["small"], torch.ones(10))
    _, mapped = read_file(path, needed=40_000)
    assert not mapped
    torch.save({"small": torch.ones(10)}, path, _use_new_zipfile_serialization=False)
    old, mapped = read_file(path, needed=0)
    assert not mapped
    assert torch.equal(old["small"], torch.ones(10))


def test_weights_do_not_hang_on_the_file(flow: dict[str, Tensor], tmp_path: Path) -> None:
    """What is mapped is copied: a file that is overwritten in the middle of a run changes nothing."""
    path = tmp_path / "flow.pt"
    torch.save({**flow, "large": torch.zeros(1_000_000)}, path)
    module = loaded(tmp_path)
    path.write_bytes(bytes(path.stat().st_size))
    assert torch.equal(module.get_parameter("embed.out.0.weight"), flow[LINEAR])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({LINEAR: torch.zeros(16, 17)}, f": tensor '{LINEAR}' has shape [16, 17], expected [16, 16]"),
        ({LINEAR: None}, f": tensor '{LINEAR}' is missing (expected shape [16, 16])"),
        (
            {"encoder.surplus.bias": torch.zeros(3)},
            ": tensor 'encoder.surplus.bias' of shape [3] is not expected: the model has none of this name",
        ),
        ({LINEAR: 7}, f": tensor '{LINEAR}' has shape none (it is of type int), expected [16, 16]"),
        (
            {LINEAR: torch.zeros(16, 16, dtype=torch.int64)},
            f": tensor '{LINEAR}' is torch.int64, expected torch.float32",
        ),
        (
            {LINEAR: None, "encoder.after_norm.bias": torch.zeros(4), "encoder.epoch": 3},
            f": tensor '{LINEAR}' is missing (expected shape [16, 16]); 2 more do not fit",
        ),
    ],
)
def test_a_tensor_that_does_not_fit_is_named_with_both_shapes(
    flow: dict[str, Tensor], tmp_path: Path, change: dict[str, object], said: str
) -> None:
    changed = {name: value for name, value in {**flow, **change}.items() if value is not None}
    torch.save(changed, tmp_path / "flow.pt")
    assert refused(tmp_path) == said


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_file_that_is_not_whole(flow: dict[str, Tensor], tmp_path: Path, share: float) -> None:
    path = tmp_path / "flow.pt"
    torch.save(flow, path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert f" is damaged or not whole ({path.stat().st_size} bytes; " in refused(tmp_path)


@pytest.mark.parametrize(
    ("protocol", "wanted"),
    [(None, "it asks for posix.mkdir, which"), (2, "it asks for posix.mkdir, which"), (4, "torch")],
)
@pytest.mark.filterwarnings("ignore:Detected pickle protocol 4")
def test_a_pickle_with_code_is_not_executed(tmp_path: Path, protocol: int | None, wanted: str) -> None:
    trace = tmp_path / "executed"
    write_malicious(tmp_path / "flow.pt", trace, protocol)
    wanted = wanted.replace("posix", os.mkdir.__module__)
    assert refused(tmp_path).startswith(f" was not loaded, and nothing in it was executed: {wanted}")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", " is Git LFS's pointer to a file, not the file"),
        (b"<!DOCTYPE html>", " was not loaded, and nothing in it was executed: torch.save did not"),
        (None, ": there is no such file"),
    ],
)
def test_what_is_no_checkpoint_at_all(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "flow.pt").write_bytes(content)
    assert refused(tmp_path).startswith(said)


def test_a_directory_in_the_place_of_a_file_and_a_list_of_tensors(tmp_path: Path) -> None:
    (tmp_path / "flow.pt").mkdir()
    assert refused(tmp_path).startswith(" can't be read (")
    (tmp_path / "flow.pt").rmdir()
    torch.save([torch.zeros(3)], tmp_path / "flow.pt")
    assert refused(tmp_path) == " holds a list, not names with their tensors; it is no state_dict"


def test_a_user_s_factory_loads_with_one_call(tmp_path: Path) -> None:
    tensors = {"part.weight": torch.ones(2, 3), "part.bias": torch.ones(2), "other": torch.ones(1)}
    torch.save(tensors, tmp_path / "my.pt")
    plain = nn.Linear(3, 2)
    before = plain.weight.clone()
    assert jitgate.load_weights(plain, "my.pt", "part.") is plain
    assert torch.equal(plain.weight, before), "no checkpoint, no change"
    with entered(WeightSource(tmp_path, None, ("my.pt",))) as use:
        jitgate.load_weights(plain, "my.pt", "part.")
    assert torch.equal(plain.weight, torch.ones(2, 3))
    assert use.files == {"my.pt"}


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")]
)
def test_a_machine_without_memory_is_not_the_file_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def lacking(*arguments: object, **keywords: object) -> None:
        raise error

    torch.save({}, tmp_path / "flow.pt")
    monkeypatch.setattr(torch, "load", lacking)
    with pytest.raises(type(error)):
        loaded(tmp_path)
