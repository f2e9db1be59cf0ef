"""Names that the installed transformers knows: classes, model types, and the checkpoints that its defaults describe."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

from jitgate.model.error_words import first_words, shortly
from jitgate.model.errors import UsageError

_CHECKPOINT = re.compile(
    r'@auto_docstring\((?:[^@]*?)checkpoint="([^"]+)"(?:[^@]*?)\)\s*(?:@\w[^\n]*\n\s*)*class (\w+)'
)
"""A configuration class names the checkpoint whose sizes are its defaults."""


def model_types() -> tuple[str, ...]:
    """Every `model_type` that has a configuration."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return tuple(CONFIG_MAPPING_NAMES)


@cache
def checkpoints() -> dict[str, tuple[str, ...]]:
    """Checkpoint -> the configuration classes whose defaults have its sizes, as their source says; one of each file,
    the last, which is of the whole model."""
    import transformers

    found: dict[str, dict[str, None]] = {}
    for path in sorted(Path(transformers.__file__).parent.glob("models/*/configuration_*.py")):
        last = dict(_CHECKPOINT.findall(path.read_text(encoding="utf-8")))
        for name, config in last.items():
            found.setdefault(name, {})[config] = None
    return {name: tuple(configs) for name, configs in found.items()}


def known(name: str) -> bool:
    """Whether `found` would find it, or say why it is ambiguous."""
    return bool(_class(name) or _type(name) or _configs(name))


def found(name: str) -> tuple[type[Any], Any]:
    """The class of a model and its default configuration. UsageError for what is ambiguous or has no defaults."""
    model = _class(name)
    if model is not None:
        return model, _default(model.config_class, name)
    kind = _type(name)
    if kind is not None:
        config = _config_class(kind)
        return model_of(config), _default(config, name)
    configs = _configs(name)
    if len(configs) > 1:
        raise UsageError(f"{name!r} stands for several models of transformers: {', '.join(configs)}; name the class")
    import transformers

    config = getattr(transformers, configs[0])
    return model_of(config), _default(config, name)


def close_names() -> list[str]:
    """What a misspelt name may have meant."""
    import transformers

    classes = [name for name in dir(transformers) if re.search(r"(Model|For\w+)$", name)]
    return [*model_types(), *classes, *checkpoints(), *(name.split("/")[-1] for name in checkpoints())]


def model_of(config: type[Any]) -> type[Any]:
    """The model of a configuration: what AutoModel builds, else the first one of its file that takes it.

    Raises UsageError where there is none.
    """
    model = _auto_model(config) or next(iter(_models_beside(config)), None)
    if model is None:
        raise UsageError(f"transformers has no model that is built from {config.__name__} alone; name a class")
    try:
        _ = model.forward
    except ImportError as error:  # a stand-in for a class whose libraries are not installed
        raise UsageError(f"{model.__name__} can't be built: {first_words(str(error))}") from None
    return model


def _auto_model(config: type[Any]) -> type[Any] | None:
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    try:
        made = MODEL_MAPPING[config]
    except (KeyError, ValueError):  # ValueError: it is listed there, and its class is not in the library
        return None
    found: type[Any] = made[0] if isinstance(made, tuple | list) else made
    return found


def _models_beside(config: type[Any]) -> list[type[Any]]:
    import importlib

    name = config.__module__.replace(".configuration_", ".modeling_")
    try:
        module = importlib.import_module(name)
    except ImportError:
        return []
    every = [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == name]
    takes = [each for each in every if getattr(each, "config_class", None) is config and _has_forward(each)]
    return sorted(takes, key=lambda each: not each.__name__.endswith("Model"))


def _has_forward(model: type[Any]) -> bool:
    return model.__name__ != f"{model.__name__.removesuffix('PreTrainedModel')}PreTrainedModel"


def _class(name: str) -> type[Any] | None:
    import transformers

    if not re.fullmatch(r"[A-Z]\w+", name):
        return None
    try:
        value = getattr(transformers, name, None)
    except (ImportError, RuntimeError):
        return None
    return value if inspect.isclass(value) and issubclass(value, transformers.PreTrainedModel) else None


def _type(name: str) -> str | None:
    return next((kind for kind in model_types() if kind == name or kind.replace("_", "-") == name), None)


def _configs(name: str) -> tuple[str, ...]:
    there = checkpoints()
    whole = there.get(name)
    if whole is not None:
        return whole
    return tuple(dict.fromkeys(config for full in there if full.split("/")[-1] == name for config in there[full]))


def _config_class(kind: str) -> type[Any]:
    from transformers import CONFIG_MAPPING

    found: type[Any] = CONFIG_MAPPING[kind]
    return found


def _default(config: type[Any], name: str) -> Any:
    if config is None:
        raise UsageError(f"{name!r} is built of other models and has no configuration of its own; name one of them")
    try:
        return config()
    except Exception as error:
        raise UsageError(
            f"{name!r}: {config.__name__} has no defaults ({shortly(error)}); give a directory with its config.json"
        ) from error
