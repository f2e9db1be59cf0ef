"""Models of transformers: from a class with its configuration, or from a directory with a `config.json`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil

from jitgate.building.found_model import FoundModel
from jitgate.building.shrink import narrowed
from jitgate.building.transformers_inputs import TOKENS, candidates, first_choice
from jitgate.building.transformers_names import model_of
from jitgate.model.error_words import first_words, shortly
from jitgate.model.errors import UsageError
from jitgate.model.out_of_memory import about_memory
from jitgate.model.own_model import OwnModel
from jitgate.model.size import mib
from jitgate.workloads.own_model import OPTION, SHRINK

WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Files of weights that transformers reads from a directory; the second kind by `torch.load(weights_only=True)`."""

SHRUNK_TOKENS = 32

os.environ["HF_HUB_OFFLINE"] = "1"  # before the first import of huggingface_hub, in this worker process alone


def built(model: type[Any], config: Any, own: OwnModel, title: str) -> FoundModel:
    """`model(config)` with random weights. UsageError where it can't be built, or does not fit into memory."""
    if own.shrink:
        config = narrow(model, config, own)
    try:
        _refuse_too_large(model, config, own)
        module = model._from_config(config)
    except UsageError:
        raise
    except Exception as error:
        if about_memory(error):
            raise
        raise UsageError(
            f"{OPTION} {own.what}: {model.__name__} can't be built from {type(config).__name__} as it is "
            f"({shortly(error)}); give a directory with a config.json that suits it"
        ) from error
    return sourced(module, own, f"{title}, random weights")


def from_directory(own: OwnModel, folder: Path) -> FoundModel:
    """The model of a directory, with its weights where it has some."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise UsageError(
            f"{folder / 'config.json'}: transformers does not know it ({shortly(error)}); it needs a model_type "
            "that the installed version has, and code in the directory is never run"
        ) from error
    model = _architecture(config)
    title = f"{model.__name__} of {folder}"
    if own.shrink or not any(path for pattern in WEIGHTS for path in folder.glob(pattern)):
        why = f", which {SHRINK} leaves unread" if own.shrink else ""
        return built(model, config, own, f"{title}{why}")
    import torch

    try:
        module, loaded = model.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
    except Exception as error:
        raise UsageError(f"{folder}: its weights do not fit its config.json ({shortly(error)})") from error
    missing = sorted(loaded["missing_keys"])
    notes = (f"{len(missing)} tensors are not in {folder} and are random: {', '.join(missing[:3])}",) if missing else ()
    return sourced(module, own, f"{title}, its weights", notes)


def sourced(module: Any, own: OwnModel, title: str, notes: tuple[str, ...] = ()) -> FoundModel:
    """A `PreTrainedModel` with the inputs that its configuration tells."""
    module.config.use_cache = False  # a cache of keys is neither compared nor needed for one pass
    there = candidates(module, SHRUNK_TOKENS if own.shrink else TOKENS)
    if module.can_generate() or module.config.is_encoder_decoder:
        notes += ("forward() is measured, one pass over all tokens; generate() is not known to be one call",)
    return FoundModel(module.eval(), title, there, first_choice(module, there), by_keyword=True, notes=notes)


def _architecture(config: Any) -> type[Any]:
    import transformers

    for name in config.architectures or ():
        found: Any = getattr(transformers, name, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    return model_of(type(config))


def narrow(model: type[Any], config: Any, own: OwnModel) -> Any:
    """The narrowest configurations that `model` can be built from, the one that `own` says. UsageError for none."""
    import torch

    reason = "it has no sizes that can be divided"
    built = 0
    for table in narrowed(config.to_dict()):
        try:
            small = type(config).from_dict(table)
            with torch.device("meta"):
                model(small)
        except Exception as error:  # a table that does not suit the model: the next is nearer to the whole  # noqa: BLE001
            if isinstance(error, ImportError):
                lacking = first_words(str(error)).split(". ")[0].rstrip(".")
                raise UsageError(f"{OPTION} {own.what}: {lacking}; install it") from None
            reason = shortly(error)
        else:
            if built == own.narrowing:
                return small
            built += 1
    raise UsageError(
        f"{SHRINK}: {own.what} can't be narrowed ({reason}); leave {SHRINK} out, or give a directory with "
        "a small config.json"
    )


def _refuse_too_large(model: type[Any], config: Any, own: OwnModel) -> None:
    """UsageError where float32 weights alone are more than memory has: they would take the machine down."""
    import torch

    with torch.device("meta"):
        numbers = sum(parameter.numel() for parameter in model(config).parameters())
    needed, free = 4 * numbers, psutil.virtual_memory().available
    if needed > free:
        raise UsageError(
            f"{OPTION} {own.what}: {numbers / 1e9:.1f} billion parameters are {mib(needed)} in float32, and "
            f"{mib(free)} are free; add {SHRINK}, or give a directory with a smaller config.json"
        )
