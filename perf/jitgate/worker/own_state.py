"""What a model keeps and computes next to its output: no comparison of outputs sees it. Runs in workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.worker.variation_plan import is_tensor

if TYPE_CHECKING:
    import torch

LARGEST = 1 << 16
"""Values of a buffer that is copied to see whether a call changes it. Of larger ones and of parameters torch's version
is read, which does not count what a kernel writes (running means of a batch norm, which are small)."""

FOLDED = ("WeightNorm", "SpectralNorm")
"""torch's older parametrisations, which are hooks before the forward pass, as those of `torch.nn.utils.prune` are."""


class OwnState:
    """The buffers and parameters of a module, as they are before a call."""

    def __init__(self, module: torch.nn.Module | None) -> None:
        self._before: list[tuple[str, torch.Tensor, int, torch.Tensor | None]] = []
        if module is not None:
            kept = [(name, each, _copy(each)) for name, each in module.named_buffers()]
            kept += [(name, each, None) for name, each in module.named_parameters()]
            self._before = [(name, each, each._version, copy) for name, each, copy in kept if not each.is_inference()]

    def changed(self) -> tuple[str, ...]:
        """Names of those that are others now."""
        import torch

        return tuple(
            name
            for name, now, version, copy in self._before
            if now._version != version or (copy is not None and not torch.equal(copy, now))
        )


def parametrised(module: torch.nn.Module | None) -> tuple[str, ...]:
    """Names of weights that are computed from others in every call."""
    import torch

    found = []
    for path, layer in () if module is None else module.named_modules():
        computed = getattr(layer, "parametrizations", None)  # torch's ModuleDict, or what a model has in its place
        names = [name for name, _ in computed.named_children()] if isinstance(computed, torch.nn.Module) else []
        names += [hook.name for hook in layer._forward_pre_hooks.values() if type(hook).__name__ in FOLDED]
        names += [name for hook in layer._forward_pre_hooks.values() if (name := getattr(hook, "_tensor_name", ""))]
        found += [f"{path}.{name}".lstrip(".") for name in names]
    return tuple(found)


def _copy(tensor: torch.Tensor) -> torch.Tensor | None:
    """None where comparing would cost much, or can't be done."""
    if tensor.numel() > LARGEST or not is_tensor(tensor):
        return None
    if tensor.is_floating_point() and (tensor.dtype.itemsize < 2 or not bool(tensor.isfinite().all())):
        return None
    return tensor.detach().clone()
