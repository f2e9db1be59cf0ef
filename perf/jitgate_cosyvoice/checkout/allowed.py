"""Which names of a yaml are followed: modules and functions of the checkout itself, and layers of torch.

A yaml may lie in a folder of weights, which came from somewhere else. What it names is imported and called, so that an
open list would make every file of weights a program (`!apply:os.system`).
"""

from __future__ import annotations

from typing import Any

from jitgate.model.errors import UsageError

OWN = ("cosyvoice", "matcha")
"""Packages of the checkout, whose code is the user's own. Nothing else is imported for the name of a yaml."""

LAYERS = "torch.nn."
"""Activations and the like; only classes of layers, so that nothing in there that reads files is reached."""

CONTAINERS = ("omegaconf.DictConfig", "omegaconf.ListConfig", "omegaconf.dictconfig.DictConfig")
"""Plain settings, as CosyVoice's files have them for `cfm_params`."""


def refuse_to_import(name: str, tag: str, where: str) -> None:
    """UsageError for a name that lies outside of the checkout's packages, torch's layers and plain settings."""
    package = name.partition(".")[0]
    known = package in OWN or name.startswith(LAYERS) or name in CONTAINERS
    if not known or any(part.startswith("_") for part in name.split(".")):
        raise _refusal(name, tag, where)


def refuse_to_use(found: Any, name: str, tag: str, where: str) -> None:
    """UsageError for what a yaml must not call: everything but a layer that torch or the checkout defines.

    `!name:` may also name a function that is defined in the checkout: it is handed on, and called by the checkout's own
    code or by nobody.
    """
    import torch

    if name in CONTAINERS:
        return
    defined_in = str(getattr(found, "__module__", "")).partition(".")[0]
    at_home = defined_in in OWN or (name.startswith(LAYERS) and defined_in == "torch")
    layer = isinstance(found, type) and issubclass(found, torch.nn.Module)
    handed_on = tag == "!name" and defined_in in OWN and callable(found)
    if not at_home or not (layer or handed_on):
        raise _refusal(name, tag, where)


def _refusal(name: str, tag: str, where: str) -> UsageError:
    return UsageError(
        f"{where}: {tag}:{name} was not followed, and nothing of it was executed: a yaml may build torch.nn modules of "
        "the checkout, layers of torch.nn and omegaconf's containers; get the file from a source that you trust"
    )
