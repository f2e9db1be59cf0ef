"""Weights out of a checkpoint directory: all names and shapes as expected, or one sentence that says which are not."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.workloads.weight_source import current, note_read

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    Module = TypeVar("Module", bound=torch.nn.Module)


@dataclass(frozen=True)
class CheckpointPart:
    """Which tensors a module takes of a file: `prefix` + x there is `under` + x in the module.

    All of the file's names that begin with `prefix` have to be used, and all of the module's that begin with `under`
    have to be there. dropped: text that is first taken out of the file's names, where they have it.
    """

    file: str
    prefix: str = ""
    under: str = ""
    dropped: str = ""


def load_weights(module: Module, file: str, prefix: str = "", under: str = "", dropped: str = "") -> Module:
    """Give `module` the tensors of `file` of the directory that --jitgate-checkpoint names; without that, leave it
    alone.

    For the factory of a workload that lists `file` under `checkpoint`. The other arguments: see `CheckpointPart`.
    Returns `module`. Raises UsageError for a file that is not there, is no file of tensors, or has other names or
    shapes.
    """
    directory = current().checkpoint
    if directory is not None:
        weights = read_weights(directory, [CheckpointPart(file, prefix, under, dropped)], module)
        module.load_state_dict(weights, strict=False, assign=True)
    return module


def read_weights(
    directory: Path, parts: Sequence[CheckpointPart], module: torch.nn.Module
) -> dict[str, torch.nn.Parameter]:
    """Name in `module` -> its tensor in the checkpoint, in the dtype of the module's, on the CPU.

    `module` may be on the meta device: only names, shapes and dtypes of it are read. What is one parameter of two names
    there comes as one object. Raises UsageError as `load_weights`.
    """
    import torch

    expected = dict(module.state_dict())
    owners = {name: id(value) for name, value in module.named_parameters(remove_duplicate=False)}
    weights: dict[str, torch.nn.Parameter] = {}
    for file in dict.fromkeys(part.file for part in parts):
        path = directory / file
        wanted = {
            part.prefix + name.removeprefix(part.under): name
            for part in parts
            if part.file == file
            for name in expected
            if name.startswith(part.under)
        }
        needed = sum(expected[name].numel() * expected[name].element_size() for name in wanted.values())
        found, mapped = read_file(path, needed)
        for dropped in {part.dropped for part in parts if part.file == file and part.dropped}:
            found = {name.replace(dropped, ""): tensor for name, tensor in found.items()}
        prefixes = tuple(part.prefix for part in parts if part.file == file)
        _check(path, {name: value for name, value in found.items() if name.startswith(prefixes)}, wanted, expected)
        once: dict[int, torch.nn.Parameter] = {}
        for theirs, ours in wanted.items():
            tensor = found[theirs].to(expected[ours].dtype)
            # Out of the mapping, because memory of files has smaller pages than a model's own: it is slower to read.
            tensor = tensor.clone() if mapped else tensor
            owner = owners.get(ours, id(tensor))
            if owner in once and not torch.equal(once[owner], tensor):
                raise UsageError(f"{path}: tensor {theirs!r} is not equal to the one it shares its memory with")
            weights[ours] = once.setdefault(owner, torch.nn.Parameter(tensor, requires_grad=False))
        note_read(file)
    return weights


def read_file(path: Path, needed: int) -> tuple[dict[str, Any], bool]:
    """The names and tensors of `path`, of which `needed` bytes are wanted; and whether they are mapped, not read.

    Mapped where that saves memory: a mapping that everything is copied out of costs twice what is needed, reading
    costs the whole file. Nothing but tensors is made of the file, and nothing in it is executed (`weights_only`).
    Raises UsageError for a file that is not there or holds anything else than names and tensors.
    """
    import torch

    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file; a complete checkpoint directory has it") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror})") from error
    if head.startswith(b"version https://git-lfs"):
        raise UsageError(f"{path} is Git LFS's pointer to a file, not the file; fetch it with git lfs pull")
    mapped = 2 * needed < size and head.startswith(b"PK")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise UsageError(_refusal(path, str(error))) from None
    except Exception as error:  # damaged bytes can raise anything
        if isinstance(error, MemoryError) or "allocat" in str(error):
            raise  # the machine's fault, not the file's
        raise UsageError(f"{path} is damaged or not whole ({size} bytes; {shortly(error)}); get it again") from None
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"{path} holds a {type(found).__name__}, not names with their tensors; it is no state_dict")
    return dict(found), mapped


def _refusal(path: Path, said: str) -> str:
    """What torch's refusal to unpickle says: code in the file, or bytes that are no pickle at all."""
    wanted = re.search(r"GLOBAL ([\w.]+)", said)
    if wanted:
        return (
            f"{path} was not loaded, and nothing in it was executed: it asks for {wanted.group(1)}, which a file of "
            "tensors has no use for; get it from a source that you trust"
        )
    return f"{path} was not loaded, and nothing in it was executed: torch.save did not write it, or it is damaged"


def _check(
    path: Path, found: Mapping[str, Any], wanted: Mapping[str, str], expected: Mapping[str, torch.Tensor]
) -> None:
    """UsageError for the first tensor that does not fit, and how many others don't."""
    problems = []
    for theirs, ours in wanted.items():
        shape = _shape(expected[ours])
        if theirs not in found:
            problems.append(f"tensor {theirs!r} is missing (expected shape {shape})")
        elif _shape(found[theirs]) != shape:
            problems.append(f"tensor {theirs!r} has shape {_shape(found[theirs])}, expected {shape}")
        elif found[theirs].is_floating_point() != expected[ours].is_floating_point():
            problems.append(f"tensor {theirs!r} is {found[theirs].dtype}, expected {expected[ours].dtype}")
    problems += [
        f"tensor {name!r} of shape {_shape(value)} is not expected: the model has none of this name"
        for name, value in found.items()
        if name not in wanted
    ]
    if problems:
        more = f"; {len(problems) - 1} more do not fit" if len(problems) > 1 else ""
        raise UsageError(f"{path}: {problems[0]}{more}")


def _shape(value: Any) -> str:
    """`[512, 4]`; of what is no tensor, its type."""
    return str(list(value.shape)) if hasattr(value, "shape") else f"none (it is of type {type(value).__name__})"
