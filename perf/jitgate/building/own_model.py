"""`--jitgate-model`: from what it names to a workload. Runs in workers."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jitgate.building.found_model import FoundModel
from jitgate.building.module_inputs import examples, guessed, required
from jitgate.building.settle import InputNeeded, settled
from jitgate.building.shrink import NARROWINGS
from jitgate.building.values import value_of
from jitgate.model.errors import UsageError
from jitgate.model.inputs import Call
from jitgate.model.own_model import InputSpec, OwnModel, OwnModelFacts
from jitgate.workloads.own_model import FILE, INPUT, OPTION, PACKAGE, SHRINK, scenario_name
from jitgate.workloads.workload import Workload

Load = Callable[[str], Callable[[], Any]]
"""`package.module:callable` -> what it names."""


def facts_of(own: OwnModel, load: Load) -> OwnModelFacts:
    """Build the model once, and find out how it is called. UsageError, which says what to pass, where that fails."""
    refused: UsageError | None = None
    for number in range(NARROWINGS if own.shrink else 1):
        try:
            return _facts(replace(own, narrowing=number), load)
        except InputNeeded:
            raise
        except UsageError as problem:  # the next is nearer to the whole, and may take a call
            refused = refused or problem
    raise refused or UsageError(own.what)


def _facts(own: OwnModel, load: Load) -> OwnModelFacts:
    found = _found(own, load)
    if isinstance(found, Workload):
        return OwnModelFacts(tuple(found.scenarios), (), ())
    inputs = settled(found.module, own, found.candidates, found.first)
    numbers = sum(parameter.numel() for parameter in found.module.parameters())
    lines = (
        f"{found.title}: {numbers:,} parameters",
        f"inputs: {', '.join(each.spelled for each in inputs)} (others: {INPUT})",
        *found.notes,
    )
    return OwnModelFacts((scenario_name(inputs),), inputs, lines, own.narrowing)


def workload_of(own: OwnModel, load: Load) -> Workload:
    """The workload of a model whose inputs are settled."""
    found = _found(own, load)
    if isinstance(found, Workload):
        return found
    values = {each.name: value_of(each) for each in own.inputs}
    name = scenario_name(own.inputs)
    plain = {each.name for each in own.inputs if each.sizes is None}
    if found.by_keyword or plain or not _leads(found.module, list(values)):
        from jitgate.building.by_keyword import ByKeyword

        tensors = {name: value for name, value in values.items() if name not in plain}
        module = ByKeyword(found.module, {name: values[name] for name in plain})
        return Workload(module, {name: Call((), tensors)})
    return Workload(found.module, {name: tuple(values.values())})


def _found(own: OwnModel, load: Load) -> FoundModel | Workload:
    if own.folder not in sys.path:
        sys.path.insert(0, own.folder)
    file = FILE.fullmatch(own.what)
    if file is not None:
        return _made(own, _of_file(Path(own.folder) / file["file"], file["name"]))
    if PACKAGE.fullmatch(own.what):
        return _made(own, load(own.what))
    folder = Path(own.folder) / own.what
    if folder.suffix == ".py" and folder.is_file():
        raise UsageError(f"{OPTION} {own.what}: name the function in it that makes the model, as in {own.what}:encoder")
    if (folder / "config.json").is_file():
        from jitgate.building.transformers_models import from_directory

        return from_directory(own, folder)
    if folder.is_dir() and (os.sep in own.what or own.what.startswith(".")):
        raise UsageError(f"{OPTION} {own.what}: the directory has no config.json, which says what model it is")
    from jitgate.building.libraries import by_name

    return by_name(own)


def _of_file(path: Path, name: str) -> Callable[[], Any]:
    if not path.is_file():
        raise UsageError(f"{OPTION} {path}: there is no such file")
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{OPTION} {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if not callable(found):
        raise UsageError(f"{OPTION} {path}: there is no callable {name!r} in it")
    return found  # type: ignore[no-any-return]


def _made(own: OwnModel, factory: Callable[[], Any]) -> FoundModel | Workload:
    import torch

    made = factory if isinstance(factory, torch.nn.Module) else factory()
    if own.shrink:
        raise UsageError(f"{SHRINK} narrows configurations; {own.what} builds its model itself, so narrow it there")
    if isinstance(made, Workload):
        if own.inputs or own.without:
            raise UsageError(f"{INPUT}: {own.what} returns a jitgate.Workload, which has inputs of its own")
        return made
    if not isinstance(made, torch.nn.Module):
        raise UsageError(
            f"{OPTION} {own.what} returned {type(made).__name__}; it must return a torch.nn.Module or a "
            "jitgate.Workload"
        )
    title = f"{type(made).__name__} of {own.what}"
    if _is_pretrained(made):
        from jitgate.building.transformers_models import sourced

        return sourced(made, own, title)
    brought = examples(made)
    there: dict[str, InputSpec] = brought or guessed(made)
    return FoundModel(made.eval(), title, there, tuple(brought) or tuple(required(made)) or tuple(there))


def _is_pretrained(module: Any) -> bool:
    transformers = sys.modules.get("transformers.modeling_utils")
    return transformers is not None and isinstance(module, transformers.PreTrainedModel)


def _leads(module: Any, names: list[str]) -> bool:
    """Whether `names` are the first arguments of `forward`, in order: then it can be called by position."""
    import inspect

    parameters = list(inspect.signature(module.forward).parameters.values())[: len(names)]
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters] == names and all(each.kind in by_position for each in parameters)
