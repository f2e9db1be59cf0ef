"""Models that the installed libraries know by name, with random weights; nothing is ever downloaded."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.util
from collections.abc import Mapping
from typing import Any, Protocol

from jitgate.building.config_facts import ConfigFacts
from jitgate.building.found_model import FoundModel
from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.model.own_model import InputSpec, OwnModel
from jitgate.workloads.own_model import OPTION, SHRINK


class Library(Protocol):
    """A library of models. name: as it is imported, and as it may stand before a model: `timm/resnet18`."""

    name: str

    def knows(self, model: str) -> bool: ...

    def source(self, model: str, own: OwnModel) -> FoundModel: ...

    def close(self) -> list[str]:
        """Names that a misspelt one may have meant."""
        ...


def by_name(own: OwnModel) -> FoundModel:
    """The model that a name stands for. UsageError for a name that none knows, or several do."""
    broken = {}
    libraries: tuple[Library, ...] = (Transformers(), Timm(), TorchVision())
    every: list[Library] = []
    for library in libraries:
        reason = _import(library.name)
        if reason is None:
            every.append(library)
        elif reason:
            broken[library.name] = reason
    prefix, _, rest = own.what.partition("/")
    if prefix in broken and rest:
        raise UsageError(
            f"{OPTION} {own.what}: {prefix} can't be imported here ({broken[prefix]}); mend or reinstall it"
        )
    for library in every:
        if prefix == library.name and rest:
            if not library.knows(rest):
                raise _unknown(rest, [library])
            return library.source(rest, own)
    knowing = [library for library in every if library.knows(own.what)]
    if len(knowing) > 1:
        ways = " or ".join(f"{library.name}/{own.what}" for library in knowing)
        raise UsageError(f"{OPTION} {own.what}: several libraries know a model of this name; write {ways}")
    if not knowing:
        raise _unknown(own.what, every, broken)
    return knowing[0].source(own.what, own)


def _unknown(name: str, libraries: list[Any], broken: Mapping[str, str] | None = None) -> UsageError:
    there = [each for library in libraries for each in library.close()]
    close = difflib.get_close_matches(name, there, n=3) or [each for each in there if name.lower() in each.lower()][:3]
    near = f"; close to it are {', '.join(close)}" if close else ""
    asked = ", ".join(f"{library.name} {_version(library.name)}" for library in libraries) or "none is installed"
    asked += "".join(f", {library} can't be imported: {reason}" for library, reason in (broken or {}).items())
    return UsageError(
        f"{OPTION} {name}: no file, no directory with a config.json, and no model that an installed library knows "
        f"({asked}){near}; write package:factory, file.py:factory, a directory or a name"
    )


class Transformers:
    """A class, a model type, or the checkpoint that a configuration's defaults describe."""

    name = "transformers"

    def knows(self, model: str) -> bool:
        from jitgate.building.transformers_names import known

        return known(model)

    def source(self, model: str, own: OwnModel) -> FoundModel:
        from jitgate.building.transformers_models import built
        from jitgate.building.transformers_names import found

        kind, config = found(model)
        return built(kind, config, own, f"{kind.__name__} of transformers {_version(self.name)}")

    def close(self) -> list[str]:
        from jitgate.building.transformers_names import close_names

        return close_names()


class _Images:
    """What timm and torchvision have in common: one image in."""

    name: str

    def _source(self, model: str, own: OwnModel, module: Any, channels: int, sides: tuple[int, int]) -> FoundModel:
        if own.shrink:
            raise UsageError(
                f"{SHRINK}: {model} of {self.name} has no configuration to narrow; choose a smaller model of its "
                "family, or give its sizes with --jitgate-input"
            )
        first = next(iter(_parameters(module)))
        image = InputSpec(first, (1, channels, *sides), "float32")
        title = f"{model} of {self.name} {_version(self.name)}, random weights"
        return FoundModel(module.eval(), title, {first: image}, (first,))


class Timm(_Images):
    """Models of timm."""

    name = "timm"

    def knows(self, model: str) -> bool:
        import timm

        return bool(timm.is_model(model))

    def source(self, model: str, own: OwnModel) -> FoundModel:
        import timm

        module = timm.create_model(model, pretrained=False)
        config: dict[str, Any] = module.default_cfg
        channels, height, width = config.get("input_size", (3, 224, 224))
        return self._source(model, own, module, channels, (height, width))

    def close(self) -> list[str]:
        import timm

        return list(timm.list_models())


class TorchVision(_Images):
    """Models of torchvision."""

    name = "torchvision"

    def knows(self, model: str) -> bool:
        from torchvision.models import list_models

        return model in list_models()

    def source(self, model: str, own: OwnModel) -> FoundModel:
        from torchvision.models import get_model

        module = get_model(model, weights=None)
        sides = ConfigFacts(vars(module)).sides("image_size") or (224, 224)
        return self._source(model, own, module, 3, sides)

    def close(self) -> list[str]:
        from torchvision.models import list_models

        return list(list_models())


def _parameters(module: Any) -> list[str]:
    import inspect

    return list(inspect.signature(module.forward).parameters)


def _import(name: str) -> str | None:
    """None where the library can be imported, "" where it is not installed, else why it can't: a build for another
    torch, as torchvision often is."""
    if importlib.util.find_spec(name) is None:
        return ""
    try:
        importlib.import_module(name)
    except Exception as error:  # whatever a broken library raises; another one may know the model  # noqa: BLE001
        return shortly(error)
    return None


def _version(name: str) -> str:
    return importlib.metadata.version(name)
