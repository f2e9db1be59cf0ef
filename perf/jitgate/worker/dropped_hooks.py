"""Forward hooks whose work an exported file leaves out: they change no output, so no comparison of outputs sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

KINDS = ("_forward_pre_hooks", "_forward_hooks")


def hooks_of(module: torch.nn.Module) -> tuple[str, ...]:
    """A user's hooks that a call of `module` runs, by name; those of torch (weight norm) are part of a layer."""
    return tuple(
        dict.fromkeys(
            f"{_module(hook)}.{getattr(hook, '__qualname__', type(hook).__qualname__)}"
            for layer in module.modules()
            for kind in KINDS
            for hook in getattr(layer, kind).values()
            if _module(hook).split(".")[0] != "torch"
        )
    )


@contextlib.contextmanager
def without_hooks(module: torch.nn.Module) -> Iterator[None]:
    """`module` without those hooks, inside of this block."""
    held: list[tuple[Any, dict[int, Any]]] = []
    try:
        for layer in module.modules():
            for kind in KINDS:
                hooks = getattr(layer, kind)
                held.append((hooks, dict(hooks)))
                for key in [key for key, hook in hooks.items() if _module(hook).split(".")[0] != "torch"]:
                    del hooks[key]
        yield
    finally:
        for hooks, before in held:
            hooks.clear()
            hooks.update(before)


def _module(hook: Any) -> str:
    return getattr(hook, "__module__", None) or type(hook).__module__
