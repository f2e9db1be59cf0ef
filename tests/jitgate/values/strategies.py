"""Random trees of all that a model may take or return."""

from __future__ import annotations

import enum
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


class Foo:
    """Nothing that is known."""


def floating(kind: torch.dtype) -> torch.Tensor:
    """Away from 0, so that a relative change of a value is one of the whole."""
    return (torch.rand(3, 4, dtype=torch.float64) + 0.5).to(kind)


def quantised() -> torch.Tensor:
    scale, zero = torch.tensor([0.1, 0.2, 0.3]), torch.zeros(3, dtype=torch.int64)
    return torch.quantize_per_channel(floating(torch.float32), scale, zero, 0, torch.qint8)


NUMBERS = {
    "float32": lambda: floating(torch.float32),
    "float64": lambda: floating(torch.float64),
    "bfloat16": lambda: floating(torch.bfloat16),
    "fp8": lambda: floating(torch.float8_e4m3fn),
    "transposed": lambda: floating(torch.float32).T,
    "complex": lambda: torch.complex(floating(torch.float32), floating(torch.float32)),
    "conjugate": lambda: torch.complex(floating(torch.float32), floating(torch.float32)).conj(),
    "sparse": lambda: torch.diag(torch.rand(4) + 0.5).to_sparse(),
    "csr": lambda: torch.diag(torch.rand(4) + 0.5).to_sparse_csr(),
    "nested": lambda: torch.nested.nested_tensor([torch.rand(2), torch.rand(3)]),
    "jagged": lambda: torch.nested.nested_tensor([torch.rand(2), torch.rand(3)], layout=torch.jagged),
    "subclass": lambda: floating(torch.float32).as_subclass(Image),
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
    "empty": lambda: torch.zeros(0, 3),
    "quantised": quantised,
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
}


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
