"""One module of a checkout: built from its node of the yaml, with weights, and asked what it can be fed."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jitgate.model.errors import UsageError
from jitgate.workloads.checkpoint import load_weights
from jitgate.workloads.weight_source import current
from jitgate.workloads.weights import seeded_weight
from torch import nn

from jitgate_cosyvoice.checkout.blueprint import Blueprint
from jitgate_cosyvoice.checkout.imports import Imports
from jitgate_cosyvoice.checkout.place import OPTION, QWEN_FOLDER, QWEN_KEY, Checkout, find_checkout
from jitgate_cosyvoice.checkpoints import VOCODER


@dataclass(frozen=True)
class Built:
    """where: which one it is, for messages. content: what else than source and weights an exported file depends on."""

    module: nn.Module
    where: str
    content: str

    def takes(self, method: str, names: Sequence[str]) -> None:
        """UsageError unless `method` takes these arguments, in this order."""
        called = getattr(self.module, method, None)
        if not callable(called):
            raise UsageError(
                f"{self.where}: {type(self.module).__name__} has no {method}(), which jitgate calls with "
                f"({', '.join(names)}); use a checkout that has CosyVoice's own names"
            )
        parameters = inspect.signature(called).parameters.values()
        found = tuple(each.name for each in parameters if each.kind is not each.KEYWORD_ONLY)
        if found[: len(names)] != tuple(names):
            raise UsageError(
                f"{self.where}: {method} of {type(self.module).__name__} takes ({', '.join(found)}), but jitgate calls "
                f"it with ({', '.join(names)}), as CosyVoice has it since May 2025; use a checkout that has it"
            )

    def shape(self, name: str) -> tuple[int, ...]:
        """Of the parameter `name`; UsageError where there is none."""
        parameters = dict(self.module.named_parameters())
        if name not in parameters:
            raise UsageError(
                f"{self.where}: {type(self.module).__name__} has no parameter {name!r}, by whose shape jitgate knows "
                "what to feed it; use a checkout that has CosyVoice's own names"
            )
        return tuple(parameters[name].shape)

    def layers(self) -> int:
        """How many `encoders.N` there are."""
        names = (name.split(".") for name, _ in self.module.named_parameters())
        return len({parts[1] for parts in names if parts[0] == "encoders"})


def build(family: str, key: str) -> Built:
    """What stands at `key` of the family's yaml, in eval mode, with the checkpoint's weights or seeded ones.

    Raises UsageError for whatever is wrong with the checkout, its yaml, its weights, or an installed package.
    """
    origin = current()
    checkout, path, where, blueprint = _opened(family)
    module = blueprint.build(key)
    if not isinstance(module, nn.Module):
        raise UsageError(f"{where}, {key} is a {type(module).__name__}, and has to be a torch.nn.Module")
    if origin.checkpoint is None:
        _seed(module)
    else:
        # As the original saves them: `flow.encoder` is `encoder.*` of flow.pt.
        whole, _, inner = key.partition(".")
        dropped = VOCODER.dropped if f"{whole}.pt" == VOCODER.file else ""
        load_weights(module, f"{whole}.pt", f"{inner}." if inner else "", dropped=dropped)
    return Built(module.eval().requires_grad_(False), f"{where}, {key}", _content(checkout, path))


def import_packages(family: str, keys: Sequence[str], model_class: str = "") -> None:
    """Import what building all of `keys` would import, and `model_class`. Raises UsageError as `build`."""
    *_, blueprint = _opened(family)
    for key in keys:
        blueprint.import_all(key)
    if model_class:
        class_of(family, model_class)


def class_of(family: str, name: str) -> Any:
    """The class `package.module.Name` of the checkout. Raises UsageError as `build`."""
    checkout, _, where, _ = _opened(family)
    return Imports(checkout).found(name, where)


def _opened(family: str) -> tuple[Checkout, Path, str, Blueprint]:
    """The checkout of the workload, ready to import from; the yaml of the family, what messages call it, and it."""
    origin = current()
    if origin.checkout is None:
        raise UsageError(f"this is a workload of a checkout of CosyVoice; name one with {OPTION} CHECKOUT")
    checkout = find_checkout(origin.checkout, origin.checkpoint)
    path = checkout.blueprint(family)
    weights = origin.checkpoint
    beside = weights is not None and path.is_relative_to(weights.resolve())
    where = f"--jitgate-checkpoint {weights}: {path.name}" if beside else f"{OPTION} {checkout.folder}: {path.name}"
    checkout.activate()
    qwen = None if origin.checkpoint is None else {QWEN_KEY: str(origin.checkpoint / QWEN_FOLDER)}
    return checkout, path, where, Blueprint(path, where, Imports(checkout), qwen)


def _seed(module: nn.Module) -> None:
    """Give every parameter the numbers that its name stands for; buffers keep what they were built with.

    Not `build_seeded`: a user's constructor makes more than parameters, such as tables of positions, and these must not
    be lost on the meta device.
    """
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(seeded_weight(name, tuple(parameter.shape)))


def _content(checkout: Checkout, path: Path) -> str:
    """SHA-256 over the yaml, whose numbers need not show in any weight, and all files of the checkout in use."""
    digest = hashlib.sha256(path.read_bytes())
    for file in checkout.loaded_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()
