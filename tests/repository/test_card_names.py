"""Every name of torch, its `torch.cuda` and NVML that jitgate uses is in what is installed, and takes those arguments.

No card is needed: the code of `perf/` is read, and held against the sources and stubs of the installed packages. What a
name stands for is worked out as far as it can be; a name that stands for nothing known is not judged.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.utils._triton
from jitgate.worker.card_memory_cap import CARD_STATE

from tests.repository.card_names import SOURCES, Reader


@pytest.fixture(scope="module")
def readers() -> list[Reader]:
    found = [Reader(path) for path in SOURCES]
    for each in found:
        each.read()
    return found


def test_every_name_is_there_and_takes_what_it_is_given(readers: list[Reader]) -> None:
    assert [problem for reader in readers for problem in reader.problems] == []


def test_the_names_are_found_also_behind_what_is_handed_in(readers: list[Reader]) -> None:
    seen = {name for reader in readers for name in reader.seen}
    assert {name for name in seen if name.startswith("pynvml.nvmlDeviceGet")} >= _nvml_names()
    assert {
        "torch.cuda.max_memory_reserved",
        "torch.cuda.Event.elapsed_time",
        "torch.cuda.current_stream().cuda_stream",
        "torch.cuda.get_device_properties().total_memory",
        "torch.backends.cuda.flash_sdp_enabled",
        "torch._inductor.cudagraph_trees.get_manager",
    } <= seen
    assert sum(reader.calls for reader in readers) > 100


def _nvml_names() -> set[str]:
    """As they stand in the text, however they are reached."""
    words = {word for path in SOURCES for word in _identifiers(path) if word.startswith("nvmlDeviceGet")}
    return {f"pynvml.{word}" for word in words}


def _identifiers(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import torch\ntorch.cuda.memory_kept(0)", "torch.cuda has no memory_kept"),
        ("def f(cuda):\n    cuda.synchronize(1, 2)", "too many positional arguments"),
        ("def f(cuda):\n    e = cuda.Event(timing=True)", "unexpected keyword argument 'timing'"),
        ("def f(cuda):\n    e = cuda.Event()\n    e.elapsed()", "torch.cuda.Event has no elapsed"),
        ("g = lambda nvml, card: nvml.nvmlDeviceGetName()", "missing a required argument"),
        ("import torch\ntorch.cuda.current_stream().cuda_strm", "has no cuda_strm"),
        ("import torch\nif torch.cuda.is_free():\n    pass", "torch.cuda has no is_free"),
        ("import torch\ngetattr(torch.cuda, 'nothing')(1)", "torch.cuda has no nothing"),
        ("from torch.cuda import nothing", "torch.cuda.nothing can't be imported"),
    ],
)
def test_a_name_that_is_not_there_is_seen(code: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "made_up.py"
    path.write_text(code)
    reader = Reader(path)
    reader.read()
    assert said in " ".join(reader.problems)


def test_a_name_that_is_asked_for_with_a_default_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "made_up.py"
    path.write_text("import torch\nnew = getattr(torch.cuda, 'of_a_later_release', None)\nnew(1)\n")
    reader = Reader(path)
    reader.read()
    assert reader.problems == []


@pytest.mark.parametrize("name", sorted(CARD_STATE))
def test_the_allocators_figures_are_called_so(name: str) -> None:
    told = torch.cuda.memory_stats.__doc__ or ""
    assert name.partition(".all.")[0] in told
    assert "{current,peak" in told


def test_triton_is_looked_for_under_torchs_own_name() -> None:
    assert "triton" in inspect.getsource(torch.utils._triton.has_triton_package)
