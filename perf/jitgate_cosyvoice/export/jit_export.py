"""Writes the TorchScript files that CosyVoice loads, and proves of each that it is what it says.

Recipe: `script` -> `freeze`, keeping the methods that are called. The original also runs `optimize_for_inference`,
which torch's documentation calls a prototype with no promise that its result can be saved, and which ties a file to the
kind of device that wrote it; a frozen file serves every device.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jitgate.engines.torchscript import deprecation_known, signature
from jitgate.model.error_words import first_words

from jitgate_cosyvoice.v2.position import RelativePositions

if TYPE_CHECKING:
    from jitgate.workloads.checkpoint_spec import PretrainedFile

TOLERANCE = {"fp32": 1e-5, "fp16": 2e-2}
"""Largest relative L2 distance of an output from the float32 module's.

fp32: a frozen graph does the same operations in the same order. fp16: its numbers have a relative precision of 1e-3,
which is what the true sizes are off by on seeded weights; trained ones may lose more. Wrong weights are off by 1.
"""

SLACK_BYTES = 1 << 20
"""What a file holds in addition to its tensors: code, and padding between them. Seen: below 1 MiB at every size."""

LENGTH = 30
"""Tokens of the input that outputs are compared on: more than one streaming chunk."""


class NotAsWritten(Exception):
    """A file that was just written is not what it should be; the sentence says how."""


@dataclass(frozen=True)
class Written:
    """A file under its final name. rel_l2: its output's distance from the float32 module's; None where this machine
    can't run it, and then `unchecked` says why.
    """

    path: Path
    size_bytes: int
    rel_l2: float | None
    unchecked: str = ""


def export(
    module: torch.nn.Module, jit: PretrainedFile, folder: Path, width: int, progress: Callable[[str], object]
) -> Iterator[Written]:
    """Write `jit` into `folder` in both precisions, float32 first: half converts `module` in place, as the original's.

    module: in eval mode, float32, on the CPU. width: channels of its input. Raises NotAsWritten where a file is not
    right, and OSError or RuntimeError where it can't be written; then nothing has its final name.
    """
    right = run(module, jit, width, torch.float32)
    for precision, dtype in (("fp32", torch.float32), ("fp16", torch.float16)):
        path = folder / jit.name(precision)
        with whole(path) as draft:
            progress(f"{path.name}: scripting")
            module.to(dtype)
            with deprecation_known():
                scripted = torch.jit.script(module)
                frozen = torch.jit.freeze(scripted, preserved_attrs=[name for name in jit.methods if name != "forward"])
                progress(f"{path.name}: writing")
                torch.jit.save(frozen, str(draft))
            del scripted, frozen
            progress(f"{path.name}: checking")
            size = _check_size(draft, path.name, module)
            rel_l2, unchecked = check(draft, path.name, jit, right, width, precision)
        yield Written(path, size, rel_l2, unchecked)


def check(
    draft: Path, name: str, jit: PretrainedFile, right: list[torch.Tensor], width: int, precision: str
) -> tuple[float | None, str]:
    """Load `draft` and hold it against `jit` and the outputs `right`; `name` is for messages. See `Written`."""
    with deprecation_known():
        loaded = torch.jit.load(str(draft), map_location="cpu")  # type: ignore[no-untyped-call]
    if not isinstance(loaded, torch.jit.ScriptModule):
        raise NotAsWritten(f"{name} loads as {type(loaded).__name__}, not as a ScriptModule")
    for method, expected in jit.methods.items():
        found = signature(loaded, method)
        if found != expected:
            raise NotAsWritten(f"{method} of {name} takes {found or 'nothing'}, not {expected}")
    left = sum(1 for _ in loaded.parameters())
    if left:
        raise NotAsWritten(f"{name} is not frozen: {left} of its tensors are still parameters")
    try:
        found_outputs = run(loaded, jit, width, torch.float16 if precision == "fp16" else torch.float32)
    except RuntimeError as error:
        lacking = first_words(str(error))
        if precision == "fp16" and "not implemented for" in lacking:
            return None, f"not run, because this processor's torch lacks half precision ({lacking})"
        raise
    worst = max(_distance(one, other) for one, other in zip(found_outputs, right, strict=True))
    if not worst <= TOLERANCE[precision]:
        raise NotAsWritten(
            f"the output of {name} is {worst:.1e} from the float32 module's, above {TOLERANCE[precision]:g}"
        )
    return worst, ""


def run(module: Any, jit: PretrainedFile, width: int, dtype: torch.dtype) -> list[torch.Tensor]:
    """Floating-point outputs of every method of `jit`, called as the original calls them, on seeded inputs."""
    generator = torch.Generator().manual_seed(0)
    xs = torch.randn(1, LENGTH, width, generator=generator).to(dtype)
    lengths = torch.tensor([LENGTH], dtype=torch.int32)
    with torch.inference_mode():
        outputs = [module(xs, lengths)[0]]
        if "context" in jit.methods["forward"]:
            outputs.append(module(xs, lengths, streaming=True)[0])
            outputs.append(module(xs[:, :-3], lengths, context=xs[:, -3:], streaming=True)[0])
        if "forward_chunk" in jit.methods:
            cache = torch.zeros((0, 0, 0, 0), dtype=dtype)
            for offset, size in ((0, LENGTH - 2), (LENGTH - 2, 1), (LENGTH - 1, 1)):
                mask = torch.ones((1, size, size), dtype=torch.bool).tril()
                hidden, cache, _ = module.forward_chunk(
                    xs[:, offset : offset + size],
                    offset,
                    -1,
                    att_cache=cache,
                    cnn_cache=cache[:0, :0, :0, :0],
                    att_mask=mask,
                )
                outputs.append(hidden)
            outputs.append(cache)
    for output in outputs:
        if output.dtype is not dtype:
            raise NotAsWritten(f"{jit.stem} gives {output.dtype} for an input of {dtype}")
    return outputs


def file_bytes(module: torch.nn.Module) -> int:
    """Bytes of the tensors that a frozen file of `module` holds: weights, and the position tables.

    The tables stay float32 in a half-precision file too, because `forward` may replace them.
    """
    weights = sum(value.numel() * value.element_size() for value in module.state_dict().values())
    tables = [part.table for part in module.modules() if isinstance(part, RelativePositions)]
    return int(weights + sum(table.numel() * table.element_size() for table in tables))


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what becomes `path` when the block ends well: at once and whole, or not at all.

    A process that is killed leaves a hidden draft at most, which the next one to write `path` removes.
    """
    for leftover in path.parent.glob(f".{path.name}.*.part"):
        if not _alive(leftover):
            leftover.unlink(missing_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
        _settle(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _alive(draft: Path) -> bool:
    import psutil

    number = draft.suffixes[-2].removeprefix(".")
    return number.isdigit() and int(number) != os.getpid() and bool(psutil.pid_exists(int(number)))


def _settle(folder: Path) -> None:
    """Make a new name in `folder` last through a power cut, where the platform lets a folder be opened for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_size(draft: Path, name: str, module: torch.nn.Module) -> int:
    size, expected = draft.stat().st_size, file_bytes(module)
    if not expected <= size <= expected + SLACK_BYTES + expected // 100:
        raise NotAsWritten(f"{name} has {size / 1e6:.1f} MB, where its tensors have {expected / 1e6:.1f} MB")
    return size


def _distance(found: torch.Tensor, right: torch.Tensor) -> float:
    """Relative L2 distance, in float64; NaN where `found` has one."""
    gap = torch.linalg.vector_norm(found.double() - right.double())
    return float(gap / torch.linalg.vector_norm(right.double()))
