"""A workload: a module with the inputs that it is measured on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jitgate.model.inputs import Call, Inputs, arguments
from jitgate.model.name import name_problem
from jitgate.model.non_finite import NonFinite
from jitgate.model.produced import Produced
from jitgate.workloads.made_inputs import made_inputs
from jitgate.workloads.sound import Sound
from jitgate.workloads.stage import Stage, Utterance, check_stages
from jitgate.workloads.without_values import values_problem, weights_problem

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Workload:
    """What is measured. A factory, `() -> Workload`, is what a configuration names.

    module: an `nn.Module` in eval mode, float32, on the CPU. Seed its weights: every variant calls the factory
        again and must get equal weights (the global generators are seeded with 0 before the call).
    scenarios: name -> the positional arguments of one call (a tuple), a `jitgate.Call` where some go by keyword, or a
        list of these: then every call takes the next one, round and round, and all variants see the same order. Or a
        function that makes such inputs, of nothing or of the number of the call: it is called eight times, with all
        generators seeded by that number, and calls take what it made in turn, equal for all variants.
    threads: intra-op threads for CPU runs; None leaves torch's default.
    artefact: stem of exported files, as in `flow.encoder` -> `flow.encoder.fp32.zip`; None takes the workload's name.
    content: what exported files depend on in addition to source and weights, as text, such as the digest of a
        configuration that was read. Another content, another export.
    sound: which of the outputs is a mel spectrogram or a waveform, to be compared by audio metrics; None for neither.
    stages: of a pipeline, the stages by name: each is timed, and a variant may be given for each (`stage=engine`).
    utterances: of a pipeline that speaks, scenario -> what one call says.
    seed: the generators of torch, numpy and random get it, and the call's number added, before every call of every
        worker: so a model that draws random numbers repeats itself. reset: is called before every call; clears what the
        model keeps. Where it takes an argument, that is the module that runs: a variant may run a copy. A method of
        the model or of a layer is called on the copy.
    fixed_inputs: whether every call gets the very values that a scenario gives. Otherwise timed calls get values of
        their own, equal for all workers, so that no stored answer is right.
    produces: scenario -> how many of what a call makes, as in `{"short": (32, "token")}`: told is then what each takes,
        and how many there are in a second. A loop that ends by what it draws needs a bound for that.
    non_finite: "equal" where NaN and infinities are meant, and right where eager has equal ones at the same places.
    """

    module: torch.nn.Module
    scenarios: Mapping[str, Inputs | Sequence[Inputs] | Callable[..., Inputs]]
    threads: int | None = None
    artefact: str | None = None
    content: str = ""
    sound: Sound | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)
    utterances: Mapping[str, Utterance] = field(default_factory=dict)
    seed: int | None = None
    reset: Callable[..., object] | None = None
    fixed_inputs: bool = False
    non_finite: str = NonFinite.INVALID
    produces: Mapping[str, tuple[float, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_module(self.module)
        if not isinstance(self.scenarios, Mapping) or not self.scenarios:
            raise TypeError("Workload(scenarios=...) must be a non-empty dict of name -> tuple of positional arguments")
        given = {name: made_inputs(name, each) if callable(each) else each for name, each in self.scenarios.items()}
        object.__setattr__(self, "scenarios", given)  # made once: all that asks for a call gets the same
        for name in self.scenarios:
            problem = name_problem(name) if isinstance(name, str) else "a name is a text"
            if problem:
                raise TypeError(f"scenario name {name!r}: {problem}")
            for call in self.calls(name):
                _check_fit(name, self.module, call)
                if problem := values_problem(call):
                    raise TypeError(f"scenario {name!r}: {problem}")
        if self.non_finite not in tuple(NonFinite):
            raise TypeError(f'Workload(non_finite={self.non_finite!r}) must be "invalid" or "equal"')
        check_stages(self.module, self.stages, self.utterances)
        _check_produced(self.produces, self.scenarios)

    def produced(self) -> dict[str, Produced]:
        """Scenario -> what a call makes, where that is said."""
        return {scenario: Produced(float(count), unit) for scenario, (count, unit) in self.produces.items()}

    def calls(self, scenario: str) -> tuple[Inputs, ...]:
        """The inputs of `scenario`, call by call; a fixed scenario has one."""
        value = self.scenarios[scenario]
        calls = tuple(value) if isinstance(value, list) else (value,)
        for call in calls:
            if not isinstance(call, tuple):
                raise TypeError(
                    f"scenario {scenario!r} must be a tuple of positional arguments, a jitgate.Call(args, kwargs), a "
                    f"list of these, or a function that returns one, not {type(call).__name__}"
                )
        if not calls:
            raise TypeError(f"scenario {scenario!r} is an empty list: give at least one tuple of positional arguments")
        return tuple(call.args if isinstance(call, Call) and not call.kwargs else call for call in calls)


def _check_module(module: torch.nn.Module) -> None:
    """TypeError, in one sentence, for what can't be called as eager."""
    if isinstance(module, type):
        name = module.__name__
        raise TypeError(f"Workload(module=...) must be a torch.nn.Module, not a class; write {name}(...)")
    if not callable(getattr(module, "state_dict", None)):
        raise TypeError(f"Workload(module=...) must be a torch.nn.Module, not {type(module).__name__}")
    if hasattr(module, "_orig_mod"):
        raise TypeError(
            "Workload(module=...) is compiled already, so that eager would not be eager; give the module itself, and "
            "take the variant compile"
        )
    if problem := weights_problem(module):
        raise TypeError(f"{type(module).__name__}: {problem}")
    if _has_no_forward(module):
        raise TypeError(f"{type(module).__name__} has no forward(); give one of its parts, or write one")


def _check_produced(produces: Mapping[str, tuple[float, str]], scenarios: Mapping[str, object]) -> None:
    """TypeError, in one sentence, for what is no count of anything, or of no scenario."""
    for scenario, made in produces.items():
        if scenario not in scenarios:
            raise TypeError(
                f"Workload(produces=...): there is no scenario {scenario!r} (there are: {', '.join(scenarios)})"
            )
        count, unit = made if isinstance(made, tuple) and len(made) == 2 else (0, "")
        if not isinstance(count, int | float) or not count > 0 or not isinstance(unit, str) or not unit.strip():
            raise TypeError(f'Workload(produces=...): {scenario!r}: {made!r} must be like (32, "token")')


def _has_no_forward(module: object) -> bool:
    """Whether a module is a holder of others, which torch finds out in a call."""
    import torch

    return getattr(type(module), "forward", None) is torch.nn.Module.forward


def _check_fit(scenario: str, module: torch.nn.Module, inputs: Inputs) -> None:
    """TypeError, in one sentence, where `forward` can't be called with `inputs`, as far as its own signature tells."""
    args, kwargs = arguments(inputs)
    try:
        signature = inspect.signature(module.forward, follow_wrapped=False)
    except (AttributeError, TypeError, ValueError):  # there is none to be read, as of compiled code
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        only = [name for name, each in signature.parameters.items() if each.kind is each.KEYWORD_ONLY]
        example = ", ".join(f'"{name}": ...' for name in only or ["name"])
        raise TypeError(
            f"scenario {scenario!r} does not fit {type(module).__name__}.forward: {error}; give what goes by keyword "
            f"as jitgate.Call((...), {{{example}}})"
        ) from None
