"""A module that one call runs several times is compiled once, where a compiler would write it out each time.

The ten Euler steps of a flow-matching solver call one estimator: written out they are a graph of 20,344 nodes (torch
2.13). The parent names these modules:

    class Solver(nn.Module):
        repeated = ("estimator",)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def compiled_once(module: torch.nn.Module) -> int:
    """Mark what `module` and its children name in `repeated`, in place; returns how many there are.

    Eager does not see the mark. 0 also with a torch older than 2.8, which can't. Raises AttributeError where there is
    no such child. Source: torch.compiler.nested_compile_region (PyTorch documentation).
    """
    import torch

    region = getattr(torch.compiler, "nested_compile_region", None)
    if region is None:
        return 0
    children = list(repeated(module).values())
    for child in children:
        if "forward" not in vars(child):  # else it is marked already
            child.forward = region(_function(child.forward))
    return len(children)


def repeated(module: torch.nn.Module) -> dict[str, torch.nn.Module]:
    """What one call of `module` runs several times: path of the child -> child. Raises AttributeError.

    Only a tuple names children: a model may call anything else of its own `repeated`.
    """
    named = {path: (owner, getattr(owner, "repeated", None)) for path, owner in module.named_modules()}
    return {
        f"{path}.{name}".lstrip("."): owner.get_submodule(name)
        for path, (owner, names) in named.items()
        if isinstance(names, tuple)
        for name in names
    }


def _function(method: Callable[..., Any]) -> Callable[..., Any]:
    """A bound method takes no mark."""

    def forward(*inputs: Any, **named: Any) -> Any:
        return method(*inputs, **named)

    return forward
