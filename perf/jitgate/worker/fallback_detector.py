"""Detects a silent fallback to eager: does a call execute the workload's own module, unchanged?"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from jitgate.model.inputs import Inputs
from jitgate.values.leaves import leaves
from jitgate.values.tensors import tensors_in
from jitgate.worker.torch_switches import switches

if TYPE_CHECKING:
    import torch

EAGER_INSTEAD = (
    "fell back to eager: the original module's forward() ran "
    "(a runner whose change can't be seen from outside implements `proof`, see jitgate.engines.self_checking)"
)

MARKS = ("_is_torch_compile",)
"""Attributes that torch.compile leaves on a module. They change nothing, so they must not hide that dynamo gave up and
runs the module as it is."""

SAMPLE = 16
"""Values of a tensor that are compared: of random ones, half precision keeps one in thousands as it was."""

_PLAIN = (bool, int, float, str, bytes, type(None))

Facts = Mapping[str, object]


class FallbackDetector:
    """Compares the module with what it was before the variant received it.

    A variant fell back to eager where the module's own Python `forward` runs in its call, on the very inputs of that
    call, and nothing that makes a difference has been changed: no layer, attribute, hook, weight, or setting of torch.
    A compiled or captured graph does not run that code: dynamo executes a code object of its own.
    Not seen: a variant that changes something inside each call and puts it back, or that patches functions of torch.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module
        self._code = _forward_code(module)
        self._facts = facts(module)
        self._settings = settings()
        self._same = False

    def start_watching(self) -> None:
        """The variant has made its runner. A module that it changed on the way is its own, and is not watched."""
        self._same = facts(self._module) == self._facts

    def watch(self, call: Callable[[], Any], inputs: Inputs) -> tuple[Any, str | None]:
        """Make `call`; its answer, and what happened where it fell back to eager."""
        tensors = tensors_in(inputs)
        caught = False

        def see(frame: FrameType, event: str, arg: object) -> None:  # noqa: ARG001 - the signature of a profiler
            nonlocal caught
            if event == "call" and frame.f_code is self._code and not caught:
                caught = self._is_eager(frame, tensors)

        if self._code is None or not self._same:
            return call(), None
        before = sys.getprofile()
        sys.setprofile(see)
        try:
            answer = call()
        finally:
            sys.setprofile(before)
        return answer, EAGER_INSTEAD if caught else None

    def _is_eager(self, frame: FrameType, tensors: list[torch.Tensor]) -> bool:
        code, values = frame.f_code, frame.f_locals
        named = code.co_argcount + code.co_kwonlyargcount
        many = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
        given = [values.get(name) for name in code.co_varnames[: named + many]]
        if not given or given[0] is not self._module:
            return False
        taken = {id(leaf) for leaf in leaves(given[1:])}
        return all(id(tensor) in taken for tensor in tensors) and settings() == self._settings


def facts(module: torch.nn.Module) -> dict[str, object]:
    """What makes a module compute what it computes: layers, their code, attributes and hooks, and their weights.

    Weights by their place in memory, torch's count of writes into it, and some of their values: reading all of a model
    costs seconds.
    """
    found: dict[str, object] = {}
    for name, layer in module.named_modules():
        found[name] = (id(layer), type(layer), getattr(type(layer), "forward", None))
        for key, value in vars(layer).items():
            if key in ("_parameters", "_buffers"):
                found |= {f"{name}.{own}": _tensor_facts(tensor) for own, tensor in value.items()}
            elif key not in MARKS:
                found[f"{name}.{key}"] = _value_facts(value)
    return found


def settings() -> dict[str, object]:
    """Torch's own settings that change what eager code computes, or how fast."""
    import torch

    backends = torch.backends
    asked: dict[str, Callable[[], object]] = {
        "default dtype": torch.get_default_dtype,
        "threads": torch.get_num_threads,
        "matmul precision": torch.get_float32_matmul_precision,
        "TF32": lambda: (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32),
        "switches": switches,
        **{f"autocast {kind}": lambda kind=kind: _autocast(kind) for kind in ("cpu", "cuda")},  # type: ignore[misc]
    }
    return {name: _read(question) for name, question in asked.items()}


def _autocast(kind: str) -> object:
    import torch

    if hasattr(torch, "get_autocast_dtype"):
        return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
    # Before torch 2.4, whose kinds have functions of their own.
    if kind == "cpu":
        return torch.get_autocast_cpu_dtype() if torch.is_autocast_cpu_enabled() else None
    return torch.get_autocast_gpu_dtype() if torch.is_autocast_enabled() else None


def _read(question: Callable[[], object]) -> object:
    """torch refuses to tell some settings where they were made through two interfaces (TF32), and others may go."""
    try:
        return question()
    except (RuntimeError, AttributeError) as error:
        return type(error)


def _forward_code(module: torch.nn.Module) -> CodeType | None:
    forward = inspect.unwrap(getattr(type(module), "forward", None) or _no_forward)
    return getattr(forward, "__code__", None)


def _no_forward() -> None:
    """Stands for the forward of what has none."""


def _tensor_facts(tensor: torch.Tensor | None) -> object:
    if tensor is None:
        return None
    try:
        place: object = (tensor.data_ptr(), tensor._version, _sample(tensor))
    except (RuntimeError, TypeError):  # a subclass without storage of its own; an inference tensor counts no writes
        place = id(tensor)
    return (type(tensor), tensor.dtype, tuple(tensor.shape), tensor.device, place)


def _sample(tensor: torch.Tensor) -> bytes:
    """Some values from all over: what was converted there and back may come to lie where it was."""
    import torch

    flat = tensor.detach().reshape(-1)
    some = flat[:: max(1, flat.numel() // SAMPLE)][:SAMPLE].cpu().contiguous()
    return some.view(torch.uint8).numpy().tobytes() if some.numel() else b""


def _value_facts(value: object) -> object:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple, dict, set)):
        return (id(value), len(value))
    return id(value)
