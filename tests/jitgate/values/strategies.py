"""Random trees of all that a model may take or return."""

from __future__ import annotations

import enum
import importlib.util
from collections import OrderedDict, UserDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from hypothesis import strategies as st
from torch.utils import _pytree


class Colour(enum.Enum):
    RED = 1


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass
class Out:
    logits: Any
    hidden: Any = None


@dataclass(frozen=True)
class Known:
    """Registered with torch's pytree."""

    value: Any


_pytree.register_dataclass(Known)


class Image(torch.Tensor):
    """A subclass that holds its numbers itself."""


class Greedy(Image):
    """A subclass that makes its own whatever is computed with it, as torch's tutorials write one."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]
        return found.as_subclass(cls) if isinstance(found, torch.Tensor) else found


class Wrapper(torch.Tensor):
    """A subclass that holds its numbers in another tensor, and says nowhere how it comes apart."""

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> Wrapper:
        made: Wrapper = torch.Tensor._make_wrapper_subclass(cls, held.size(), dtype=held.dtype)
        made.held = held  # type: ignore[attr-defined]
        return made

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        held = _pytree.tree_map_only(cls, lambda each: each.held, (args, kwargs or {}))
        return _pytree.tree_map_only(torch.Tensor, cls, func(*held[0], **held[1]))


class Foo:
    """Nothing that is known."""


def floating(kind: torch.dtype) -> torch.Tensor:
    """Away from 0, so that a relative change of a value is one of the whole."""
    return (torch.rand(3, 4, dtype=torch.float64) + 0.5).to(kind)


def quantised() -> torch.Tensor:
    scale, zero = torch.tensor([0.1, 0.2, 0.3]), torch.zeros(3, dtype=torch.int64)
    return torch.quantize_per_channel(floating(torch.float32), scale, zero, 0, torch.qint8)


def cache() -> Any:
    from transformers import DynamicCache

    made = DynamicCache()
    made.update(torch.rand(1, 2, 3, 4) + 0.5, torch.rand(1, 2, 3, 4) + 0.5, 0)
    return made


NUMBERS = {
    "float32": lambda: floating(torch.float32),
    "float64": lambda: floating(torch.float64),
    "bfloat16": lambda: floating(torch.bfloat16),
    "fp8": lambda: floating(torch.float8_e4m3fn),
    "transposed": lambda: floating(torch.float32).T,
    "complex": lambda: torch.complex(floating(torch.float32), floating(torch.float32)),
    "conjugate": lambda: torch.complex(floating(torch.float32), floating(torch.float32)).conj(),
    "half complex": lambda: torch.complex(floating(torch.float32), floating(torch.float32)).to(torch.complex32),
    "sparse": lambda: torch.diag(torch.rand(4) + 0.5).to_sparse(),
    "csr": lambda: torch.diag(torch.rand(4) + 0.5).to_sparse_csr(),
    "nested": lambda: torch.nested.nested_tensor([torch.rand(2), torch.rand(3)]),
    "jagged": lambda: torch.nested.nested_tensor([torch.rand(2), torch.rand(3)], layout=torch.jagged),
    "subclass": lambda: floating(torch.float32).as_subclass(Image),
    "greedy": lambda: floating(torch.float32).as_subclass(Greedy),
    "parameter": lambda: torch.nn.Parameter(floating(torch.float32)),
    "array": lambda: floating(torch.float64).numpy(),
    "scalar": lambda: np.float32(1.5),
    "complex scalar": lambda: np.complex64(1.5 + 1j),
    "float": lambda: 1.25,
    "complex number": lambda: 0.5 + 2j,
}
"""Leaves with a distance, by what they are."""

EXACT = {
    "integers": lambda: torch.arange(6).reshape(2, 3),
    "mask": lambda: torch.tensor([True, False]),
    "unsigned": lambda: torch.arange(4).to(torch.uint16),
    "sparse integers": lambda: torch.eye(3, dtype=torch.int64).to_sparse(),
    "sparse mask": lambda: torch.eye(3, dtype=torch.bool).to_sparse(),
    "empty": lambda: torch.zeros(0, 3),
    "quantised": quantised,
    "quantised by one scale": lambda: torch.quantize_per_tensor(floating(torch.float32), 0.1, 3, torch.quint8),
    "integer array": lambda: np.arange(3, dtype=np.int16),
    "words": lambda: np.array(["a", "bc"]),
    "int": lambda: 7,
    "long int": lambda: 10**30,
    "bool": lambda: True,
    "text": lambda: "yes",
    "bytes": lambda: b"\0\1",
    "none": lambda: None,
    "enum": lambda: Colour.RED,
    "dtype": lambda: torch.float16,
    "device": lambda: torch.device("cpu"),
    "slice": lambda: slice(1, None),
}

CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "list": list,
    "dict": lambda parts: {f"key {place}": part for place, part in enumerate(parts)},
    "numbered": lambda parts: dict(enumerate(parts)),
    "ordered": lambda parts: OrderedDict((f"{place}", part) for place, part in enumerate(parts)),
    "user dict": lambda parts: UserDict({f"{place}": part for place, part in enumerate(parts)}),
    "pair": lambda parts: Pair(parts, 1),
    "dataclass": Out,
    "registered": Known,
    "return type": lambda parts: torch.return_types.max([parts, 1]),  # type: ignore[arg-type]
}

if importlib.util.find_spec("transformers") is not None:
    from transformers import BatchEncoding
    from transformers.modeling_outputs import BaseModelOutput

    NUMBERS["cache"] = cache
    CONTAINERS["batch"] = lambda parts: BatchEncoding({f"{place}": part for place, part in enumerate(parts)})
    CONTAINERS["model output"] = lambda parts: BaseModelOutput(
        last_hidden_state=torch.ones(1), hidden_states=parts, attentions=None
    )


def trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Trees of `leaf` in every container."""
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            lambda kind, parts: CONTAINERS[kind](parts),
            st.sampled_from(sorted(CONTAINERS)),
            st.lists(inner, max_size=3),
        ),
        max_leaves=6,
    )


def leaf_of(kinds: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(kinds)).map(lambda name: kinds[name]())


ANY = trees(leaf_of(NUMBERS | EXACT))
"""Trees of all leaves."""
