"""Values in files: tensors and plain values, and containers by the name of their class; nothing is unpickled."""

from __future__ import annotations

import enum
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jitgate.values.containers import KINDS, Node, is_plain_tensor, node_of
from jitgate.values.leaves import SIMPLE, refusal


def save(path: Path, values: Sequence[Any] | Mapping[str, Any], root: str) -> None:
    """Write `values`, each of which is called `root` in messages: TypeError, in one sentence, for what can't be
    written."""
    import torch

    if isinstance(values, Mapping):
        torch.save({"named": {name: encoded(value, root) for name, value in values.items()}}, path)
    else:
        torch.save([encoded(value, root) for value in values], path)


def load(path: Path) -> Any:
    """What `save` was given. The modules of its classes are imported; torch reads it with `weights_only`."""
    import torch

    plain = torch.load(path, weights_only=True)
    if isinstance(plain, dict):
        return {name: decoded(value) for name, value in plain["named"].items()}
    return decoded(plain)


def encoded(value: Any, path: str) -> Any:
    """`value` in lists, dicts, tensors and plain values."""
    node = node_of(value)
    if node is None:
        return _encoded_leaf(value, path)
    if node.kind == "sequence" and node.type is list:
        return [encoded(part, path + name) for name, part in zip(node.names, node.parts, strict=True)]
    parts = [encoded(part, path + name) for name, part in zip(node.names, node.parts, strict=True)]
    named = _name_of(node.type, path, value)
    return {"kind": node.kind, "type": named, "parts": parts, "context": encoded(node.context, f"{path}'s own data")}


def decoded(plain: Any) -> Any:
    """What `encoded` was given."""
    if isinstance(plain, list):
        return [decoded(part) for part in plain]
    if not isinstance(plain, dict):
        return plain
    kind = plain["kind"]
    if kind in _LEAVES:
        return _LEAVES[kind](plain)
    node = Node(kind, type_named(plain["type"]), [], [])
    return KINDS[kind].join(node.type, decoded(plain["parts"]), decoded(plain["context"]))


def type_named(name: str) -> Any:
    """`package.module:Class`, imported."""
    module, _, qualified = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    return found


def _encoded_leaf(value: Any, path: str) -> Any:
    import numpy as np
    import torch

    if is_plain_tensor(value):
        return value.detach()
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcSUmM":
        data = torch.from_numpy(np.frombuffer(value.tobytes(), np.uint8).copy())
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return {"kind": kind, "dtype": value.dtype.str, "shape": list(value.shape), "data": data}
    if isinstance(value, enum.Enum):
        return {"kind": "enum", "type": _name_of(type(value), path, value), "value": encoded(value.value, path)}
    if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
        return {"kind": "torch", "name": str(value).removeprefix("torch.")}
    if isinstance(value, torch.device):
        return {"kind": "device", "name": str(value)}
    if isinstance(value, type):
        return {"kind": "type", "type": _name_of(value, path, value)}
    base: Any = next((simple for simple in SIMPLE if isinstance(value, simple)), None)
    if base is None:
        raise TypeError(refusal(path, value))
    return None if value is None else base(value)


def _name_of(kind: type, path: str, value: Any) -> str:
    name = f"{kind.__module__}:{kind.__qualname__}"
    try:
        found = type_named(name)
    except (ImportError, AttributeError):
        found = None
    if found is not kind:
        raise TypeError(
            f"{path} is a {type(value).__name__}, and {name} can't be imported by another process; define the class at "
            "the top of a module, or return tensors"
        )
    return name


def _array(plain: Any) -> Any:
    import numpy as np

    flat = np.frombuffer(plain["data"].numpy().tobytes(), np.dtype(plain["dtype"]))
    return flat.reshape(plain["shape"]).copy()


def _torch(plain: Any) -> Any:
    import torch

    return getattr(torch, plain["name"])


def _device(plain: Any) -> Any:
    import torch

    return torch.device(plain["name"])


_LEAVES: dict[str, Callable[[Any], Any]] = {
    "array": _array,
    "scalar": lambda plain: _array(plain)[()],
    "enum": lambda plain: type_named(plain["type"])(decoded(plain["value"])),
    "torch": _torch,
    "device": _device,
    "type": lambda plain: type_named(plain["type"]),
}
