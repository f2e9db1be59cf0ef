"""The parts of a pipeline inside a worker: timed where they are, described for exports, run in other ways."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jitgate.device.stopwatch import Stopwatch, WallStopwatch, stopwatch_for
from jitgate.engines.registry import BASELINE, VariantSpec
from jitgate.engines.self_checking import Evident
from jitgate.worker.content import leaves, signature, source_digest, spread_of_shapes, weights_digest
from jitgate.worker.fallback_detector import Genuine
from jitgate.worker.variant_runner import Mount
from jitgate.worker.watched_stage import Looked
from jitgate.workloads.stage import Part

if TYPE_CHECKING:
    from jitgate.engines.protocols import Call
    from jitgate.worker.slot import Slot
    from jitgate.workloads.workload import Inputs, Workload

Answer = dict[str, Any]
Place = Callable[["Inputs"], "Inputs"]


class Parts:
    """Of a workload without parts, and before there is one, every answer is empty."""

    def __init__(self, workload: Workload | None = None, device: str = "cpu", place: Place = lambda values: values):
        self._workload = workload
        self._parts: Mapping[str, Part] = {} if workload is None else workload.parts
        self._device = device
        self._place = place
        self._watch: Stopwatch = WallStopwatch()
        self._slots: dict[str, Slot] = {}
        self.runners: list[Call] = []
        self._looked_s = 0.0
        self._known_calls: dict[str, Mapping[str, Sequence[Inputs]]] = {}

    def facts(self) -> Answer:
        """What the host has to know before anything is run."""
        sentences = {} if self._workload is None else self._workload.sentences
        return {
            "parts": {name: {"path": part.path, "gives": part.gives.value} for name, part in self._parts.items()},
            "sentences": {scenario: asdict(said) for scenario, said in sentences.items()},
        }

    def describe(self, parts: list[str]) -> Answer:
        """Of each part what an export depends on, as `Stage.open` says it of the whole; before `equip`."""
        return {name: self._described(name) for name in parts}

    def source(self, part: str | None, kind: str | None) -> tuple[Any, list[Inputs]]:
        """The module of `part` (None: the whole), and its calls of signature `kind` (None: all), for an export."""
        workload = self._opened()
        of = {name: workload.calls(name) for name in workload.scenarios} if part is None else self._calls(part)
        module = workload.module if part is None else self._module(part)
        every = (call for calls in of.values() for call in calls)
        return module, [call for call in every if kind in (None, signature(call))]

    def equip(self, stages: list[Any]) -> Answer:
        """Time every part from now on, and run those in `stages`, [part, variant, files], in their own way.

        `load_s`: what that took; to look at a module is not to load it.
        files: as `Stage.load` takes them. What a part is exchanged for takes its place: its own module is let go.
        """
        from jitgate.worker.slot import Slot

        start = time.perf_counter()
        self._watch = stopwatch_for(self._device)
        exchanged = {part: self._runner(part, VariantSpec(**variant), files) for part, variant, files in stages}
        for name, part in self._parts.items():
            holder, last = part.find(self._opened().module)
            slot = Slot(name, exchanged.get(name) or getattr(holder, last), self._watch)
            setattr(holder, last, slot)
            self._slots[name] = slot
        return {"load_s": time.perf_counter() - start - self._looked_s}

    def arithmetic(self, scenario: str) -> Answer:
        """Floating-point operations of one call: of each part, and of all as "". Empty where they can't be counted."""
        from jitgate.worker.stage_flops import counted

        module, call = self._opened().module, self._place(self._opened().calls(scenario)[0])
        return counted(lambda: module(*call), list(self._slots.values()))

    def start(self) -> None:
        """A call begins that is timed."""
        if self._slots:
            self._watch.start()

    def read(self) -> list[list[Any]]:
        """Of the call that has just ended, each part as [name, seconds, seconds to its first call's end, calls]."""
        if not self._slots:
            return []
        laps = self._watch.read()
        return [[part, spent, laps.first_s[part], laps.calls[part]] for part, spent in laps.spent_s.items()]

    def _described(self, name: str) -> Answer:
        module, of = self._module(name), self._calls(name)
        kinds: dict[str, list[Inputs]] = {}
        for calls in of.values():
            for call in calls:
                kinds.setdefault(signature(call), []).append(call)
        return {
            "artefact": self._parts[name].path,
            "weights": weights_digest(module),
            "source": source_digest(module, self._opened().content),
            "signatures": {scenario: sorted({signature(call) for call in calls}) for scenario, calls in of.items()},
            "spread": {kind: spread_of_shapes(calls) for kind, calls in kinds.items()},
        }

    def _runner(self, name: str, variant: VariantSpec, files: Mapping[str, list[Any]]) -> Call:
        module = self._module(name)
        order = ArgumentOrder(module, self._place)
        mount = Mount(asdict(variant), self._device)
        if variant.exported:
            runners: dict[str | None, Call] = dict(mount.loaded(files).items())
            if not mount.described()["per_signature"]:
                runners = {None: next(iter(runners.values()))}
        else:
            runners = {None: self._applied(name, mount)}
        self.runners += runners.values()
        return Exchanged(name, order, runners, mount.inputs)

    def _applied(self, name: str, mount: Mount) -> Call:
        """The runner of a variant that needs the stage's module itself; looked at unless it is eager by its name."""
        _, calls = self.source(name, None)
        example, module = self._place(calls[0]), mount.converted(self._module(name))
        if BASELINE in (mount.spec.name, mount.spec.engine):
            return mount.applied(module, example)
        began = time.perf_counter()
        genuine = mount.cast(Genuine)(module)
        self._looked_s += time.perf_counter() - began
        runner = mount.applied(module, example)
        if mount.spec.where != "jitgate" and isinstance(runner, Evident):
            return runner
        genuine.received()
        return Looked(name, runner, genuine)

    def _calls(self, name: str) -> Mapping[str, Sequence[Inputs]]:
        if name not in self._known_calls:
            said = self._parts[name].calls
            self._known_calls |= self._heard() if said is None else {name: said()}
        return self._known_calls[name]

    def _heard(self) -> dict[str, Mapping[str, Sequence[Inputs]]]:
        """The calls that parts do not say themselves, from running every scenario once."""
        from jitgate.worker.slot import Slot

        workload = self._opened()
        silent = {name: part.find(workload.module) for name, part in self._parts.items() if part.calls is None}
        own = {name: getattr(holder, last) for name, (holder, last) in silent.items()}
        listeners = {name: Listener(module, self._place) for name, module in own.items()}
        heard: dict[str, dict[str, Sequence[Inputs]]] = {name: {} for name in silent}
        try:
            for name, (holder, last) in silent.items():
                setattr(holder, last, Slot(name, listeners[name], self._watch))
            for scenario in workload.scenarios:
                for call in workload.calls(scenario):
                    workload.module(*self._place(call))
                for name, listener in listeners.items():
                    heard[name][scenario] = listener.taken()
        finally:
            for name, (holder, last) in silent.items():
                setattr(holder, last, own[name])
        return dict(heard)

    def _module(self, name: str) -> Any:
        if name in self._slots:
            return self._slots[name].run
        holder, last = self._parts[name].find(self._opened().module)
        return getattr(holder, last)

    def _opened(self) -> Workload:
        if self._workload is None:
            raise RuntimeError("no workload is open in this worker")
        return self._workload


class ArgumentOrder:
    """Arguments as a pipeline passes them -> all that the part has, by position, defaults too: what exports take."""

    def __init__(self, module: Any, place: Place) -> None:
        called = inspect.signature(module.forward if hasattr(module, "forward") else module)
        # A default may be a tensor, and made on the CPU.
        defaults = [
            parameter
            if parameter.default is inspect.Parameter.empty
            else parameter.replace(default=place((parameter.default,))[0])
            for parameter in called.parameters.values()
        ]
        self._signature = called.replace(parameters=defaults)

    def __call__(self, args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Inputs:
        bound = self._signature.bind(*args, **keywords)
        bound.apply_defaults()
        if bound.kwargs:
            raise RuntimeError(f"an exported part takes no arguments by keyword only: {', '.join(bound.kwargs)}")
        return bound.args


class Listener:
    """Runs a part, and keeps what it was called with; calls that show no new kind or length are dropped."""

    def __init__(self, module: Any, place: Place) -> None:
        self._module = module
        self._order = ArgumentOrder(module, place)
        self._kept: dict[str, list[Inputs]] = {}

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        from torch.utils import _pytree

        call = self._order(args, keywords)
        same = self._kept.setdefault(signature(call), [])
        if not same or spread_of_shapes([*same, call]) != spread_of_shapes(same):
            # Copied: a pipeline may fill the same buffer again.
            same.append(_pytree.tree_map(_copied, call))
        return self._module(*args, **keywords)

    def taken(self) -> list[Inputs]:
        """What was kept since it was last asked."""
        kept, self._kept = self._kept, {}
        return [call for calls in kept.values() for call in calls]


class Exchanged:
    """What runs in a part's place: for each kind of call a callable, or one for all of them under None."""

    def __init__(
        self,
        part: str,
        order: ArgumentOrder,
        runners: Mapping[str | None, Call],
        adapted: Place = lambda values: values,
    ) -> None:
        self._part = part
        self._adapted = adapted
        self._order = order
        self._runners = runners
        self._known: dict[Any, Call] = {}

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        # A graph takes the strides of its example for granted: a slice has to be copied first, as anyone who puts the
        # file to use has to do.
        call = tuple(_contiguous(value) for value in self._order(args, keywords))
        if None in self._runners:
            return self._runners[None](*self._adapted(call))
        kind = tuple(_kind(leaf) for leaf in leaves(call))
        if kind not in self._known:
            named = signature(call)
            if named not in self._runners:
                raise RuntimeError(
                    f"{self._part} was called with {named}, which none of its files serves: Part(calls=...) must give "
                    "every kind of call"
                )
            self._known[kind] = self._runners[named]
        return self._known[kind](*self._adapted(call))


def _kind(leaf: Any) -> Any:
    """As `signature`, and quick: it is asked in every call."""
    shape = getattr(leaf, "shape", None)
    return leaf if shape is None else (leaf.dtype, *(size if size < 2 else -1 for size in shape))


def _contiguous(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_contiguous(each) for each in value)
    return value.contiguous() if hasattr(value, "contiguous") else value


def _copied(leaf: Any) -> Any:
    return leaf.clone() if hasattr(leaf, "clone") else leaf
