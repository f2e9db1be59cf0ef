"""What an export depends on: source, weights and the kind of inputs. Runs in workers."""

from __future__ import annotations

import hashlib
import inspect
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.cache.keys import digest_of
from jitgate.device.processor import cpu_model
from jitgate.model.answers import ExportContent
from jitgate.model.inputs import Inputs
from jitgate.values.leaves import known, leaves, mapped, walk
from jitgate.values.tensors import bytes_of, stored, tensors_in

if TYPE_CHECKING:
    import torch


_POSITION = re.compile(r"\[\d+\]")
"""The path of a positional argument, which needs no name."""


def signature(inputs: Inputs) -> str:
    """Calls of one signature can share one exported graph.

    Plain values become constants of an exported graph, and so do sizes 0 and 1 (torch.export's "0/1 specialisation");
    any other size may vary.
    """
    import torch

    parts = []
    for path, leaf in walk(inputs):
        named = "" if _POSITION.fullmatch(path) else f"{path}="
        if isinstance(leaf, torch.Tensor):
            sizes = ",".join(str(size) if size < 2 else "n" for size in leaf.shape)
            parts.append(f"{named}{leaf.dtype}[{sizes}]")
        else:
            parts.append(f"{named}{leaf!r}")
    return " ".join(parts)


def placed(inputs: Inputs, device: str) -> Inputs:
    """The same call with its tensors on `device`."""
    import torch

    def place(leaf: Any) -> Any:
        return leaf.to(device) if isinstance(leaf, torch.Tensor) else leaf

    placed_inputs: Inputs = mapped(place, inputs)
    return placed_inputs


def shapes(inputs: Inputs) -> str:
    """The sizes of all tensors of a call, as text: calls of equal shapes are of one length."""
    return " ".join(str(tuple(leaf.shape)) for leaf in leaves(inputs) if hasattr(leaf, "shape"))


def content_of(
    module: torch.nn.Module, calls: Mapping[str, Sequence[Inputs]], source: str, device: str, artefact: str | None
) -> ExportContent:
    """calls: scenario -> its calls of `module`. source: what the module depends on besides its classes."""
    by_signature: dict[str, list[Inputs]] = {}
    signatures: dict[str, dict[str, None]] = {scenario: {} for scenario in calls}
    for scenario, each in calls.items():
        for call in each:
            kind = signature(call)
            by_signature.setdefault(kind, []).append(call)
            signatures[scenario][kind] = None
    return ExportContent(
        artefact,
        weights_digest(module),
        source_digest(module, source),
        digest_of(runtime_facts(device)),
        {scenario: tuple(kinds) for scenario, kinds in signatures.items()},
        {kind: spread_of_shapes(each) for kind, each in by_signature.items()},
        values_of([call for each in calls.values() for call in each]),
    )


def values_of(calls: Iterable[Inputs]) -> dict[str, int]:
    """Plain argument -> how many values it has in `calls`, where that is more than one; `argument 2` is the second."""
    import torch

    found: dict[str, set[str]] = {}
    for call in calls:
        for path, leaf in walk(call):
            if not isinstance(leaf, torch.Tensor):
                found.setdefault(path, set()).add(repr(leaf))
    return {f"argument {_counted(path)}": len(values) for path, values in found.items() if len(values) > 1}


def _counted(path: str) -> str:
    """`[1].scale` as `2.scale`: people count arguments from one."""
    first = _POSITION.match(path)
    return path if first is None else f"{int(first[0][1:-1]) + 1}{path[first.end() :]}"


def weights_digest(module: torch.nn.Module) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of all that a state_dict holds: equal weights, equal digest."""
    import torch

    digest = hashlib.sha256()
    for path, leaf in walk(dict(module.state_dict())):
        if not isinstance(leaf, torch.Tensor):
            # What has no words of its own (an object in an extra state) prints its address.
            digest.update(f"{path} {repr(leaf) if known(leaf) else type(leaf)}\n".encode())
            continue
        digest.update(f"{path} {leaf.dtype} {tuple(leaf.shape)}\n".encode())
        for part in stored(leaf.detach()):
            flat = part.cpu().contiguous().reshape(-1)
            if flat.numel():
                digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()


def weight_bytes(module: torch.nn.Module) -> int:
    """Bytes of parameters and buffers; what two names share (tied embeddings) counts once."""
    return bytes_of(tensors_in(dict(module.state_dict())))


def source_digest(module: torch.nn.Module, content: str = "") -> str:
    """SHA-256 over the source that the module's classes are written in, its printed structure, and `content`."""
    digest = hashlib.sha256()
    for path in files_of({type(part).__module__ for part in module.modules()}):
        digest.update(path.read_bytes())
    digest.update(repr(module).encode())
    digest.update(content.encode())
    return digest.hexdigest()


def files_of(modules: set[str]) -> list[Path]:
    """The source of imported modules, by name, and of what they follow.

    Followed are the names that a source file takes from its own top-level package; torch's own source is covered by
    its version.
    """
    pending = set(modules)
    seen: set[str] = set()
    files: set[Path] = set()
    while pending:
        name = pending.pop()
        seen.add(name)
        top = name.split(".")[0]
        loaded = sys.modules.get(name)
        if top == "torch" or loaded is None:
            continue
        file = getattr(loaded, "__file__", None)
        if file:
            files.add(Path(file))
        for value in list(vars(loaded).values()):
            source = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
            if isinstance(source, str) and source.split(".")[0] == top and source not in seen:
                pending.add(source)
    return sorted(files)


def runtime_facts(device: str) -> dict[str, object]:
    """What compiled code depends on besides the model: torch, its CUDA, the processor or card."""
    import torch

    facts: dict[str, object] = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "machine": platform.machine(),
        "system": platform.system(),
        "cpu": cpu_model(),  # inductor compiles for the very processor it runs on
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }
    inductor = sys.modules.get("torch._inductor.config")
    if inductor is not None and inductor.fallback_random:
        facts["random"] = "torch's generators"
    if device.startswith("cuda"):
        facts["card"] = torch.cuda.get_device_name(device)
        facts["compute_capability"] = torch.cuda.get_device_capability(device)
    return facts


def spread_of_shapes(calls: Iterable[Inputs]) -> str:
    """Which sizes the calls of one signature differ in, as text: a new free dimension needs a new export."""
    shapes = [[tuple(tensor.shape) for tensor in tensors_in(call)] for call in calls]
    return ";".join(
        ",".join(str(sizes[0]) if len(set(sizes)) == 1 else "*" for sizes in zip(*tensor, strict=True))
        for tensor in zip(*shapes, strict=True)
    )
