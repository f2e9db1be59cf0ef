"""Forward hooks whose work an exported file leaves out: they change no output, so no comparison of outputs sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

KINDS = ("_forward_pre_hooks", "_forward_hooks")


def hooks_of(module: torch.nn.Module) -> tuple[str, ...]:
    """A user's hooks that a call of `module` runs, those of all modules included, by name; those of torch (weight norm)
    are part of a layer."""
    every = (_name(hook) for hooks in _tables(module) for hook in hooks.values())
    return tuple(dict.fromkeys(name for name in every if name.split(".")[0] != "torch"))


@contextlib.contextmanager
def without_hooks(module: torch.nn.Module, names: Collection[str]) -> Iterator[None]:
    """`module` without the hooks of these names, inside of this block."""
    held: list[tuple[Any, dict[int, Any]]] = []
    try:
        for hooks in _tables(module):
            held.append((hooks, dict(hooks)))
            for key in [key for key, hook in hooks.items() if _name(hook) in names]:
                del hooks[key]
        yield
    finally:
        for hooks, before in held:
            hooks.clear()
            hooks.update(before)


def _tables(module: torch.nn.Module) -> Iterator[Any]:
    """Number -> hook: of all modules of the process, and of each layer."""
    from torch.nn.modules import module as shared

    for kind in KINDS:
        yield getattr(shared, f"_global{kind}", {})
        for layer in module.modules():
            yield getattr(layer, kind)


def _name(hook: Any) -> str:
    module = getattr(hook, "__module__", None) or type(hook).__module__
    return f"{module}.{getattr(hook, '__qualname__', type(hook).__qualname__)}"
