"""The stages of a pipeline inside a worker: timed where they are, described for exports, run in other ways."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jitgate.device.stopwatch import Stopwatch, WallStopwatch, stopwatch_for
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.answers import ExportContent
from jitgate.model.artefact_file import StageVariant
from jitgate.model.inputs import called
from jitgate.model.turn import StageTime
from jitgate.model.utterance import PipelineUtterance
from jitgate.model.variant import BASELINE
from jitgate.values.leaves import leaves, mapped
from jitgate.worker.content import content_of, signature, spread_of_shapes
from jitgate.worker.fallback_detector import FallbackDetector
from jitgate.worker.variant_runner import VariantRunner
from jitgate.worker.watched_stage import Watchable, WatchedStage
from jitgate.workloads.stage import Stage

if TYPE_CHECKING:
    from jitgate.engines.protocols import Runner
    from jitgate.model.inputs import Inputs
    from jitgate.worker.slot import Slot
    from jitgate.workloads.workload import Workload

Place = Callable[["Inputs"], "Inputs"]


class PipelineStages:
    """Without stages, and before there is a workload, everything is empty."""

    def __init__(self, workload: Workload | None = None, device: str = "cpu", place: Place = lambda values: values):
        self._workload = workload
        self._stages: Mapping[str, Stage] = {} if workload is None else workload.stages
        self._device = device
        self._place = place
        self._watch: Stopwatch = WallStopwatch()
        self._slots: dict[str, Slot] = {}
        self.runners: list[Runner] = []
        self._inspected_s = 0.0
        self._known_calls: dict[str, Mapping[str, Sequence[Inputs]]] = {}

    def outputs(self) -> dict[str, str]:
        """Stage -> what it gives."""
        return {name: stage.output.value for name, stage in self._stages.items()}

    def utterances(self) -> dict[str, PipelineUtterance]:
        """Scenario -> what a call of it says, where the workload tells."""
        told = {} if self._workload is None else self._workload.utterances
        return {
            scenario: PipelineUtterance(
                self.outputs(),
                said.audio_s,
                said.speech_tokens,
                said.characters,
                said.streaming,
                overlapping=said.overlapping,
            )
            for scenario, said in told.items()
        }

    def content(self, name: str) -> ExportContent:
        """What an export of that stage depends on; before `replace`."""
        module, workload = self._module(name), self._opened()
        return content_of(module, self._calls(name), workload.content, self._device, self._stages[name].path)

    def source(self, stage: str | None, kind: str | None) -> tuple[Any, list[Inputs]]:
        """The module of `stage` (None: the whole), and its calls of signature `kind` (None: all), for an export."""
        workload = self._opened()
        of = {name: workload.calls(name) for name in workload.scenarios} if stage is None else self._calls(stage)
        module = workload.module if stage is None else self._module(stage)
        every = (call for calls in of.values() for call in calls)
        return module, [call for call in every if kind in (None, signature(call))]

    def replace(self, stages: Sequence[StageVariant]) -> float:
        """Time every stage from now on, and run those in `stages` in their own way; the seconds of loading.

        A stage that is replaced lets its own module go.
        """
        from jitgate.worker.slot import Slot

        start = time.perf_counter()
        self._watch = stopwatch_for(self._device)
        replaced = {each.stage: self._runner(each) for each in stages}
        for name, stage in self._stages.items():
            holder, last = stage.find(self._opened().module)
            slot = Slot(name, replaced.get(name) or getattr(holder, last), self._watch)
            setattr(holder, last, slot)
            self._slots[name] = slot
        return time.perf_counter() - start - self._inspected_s  # inspecting a module is not loading it

    def flops(self, scenario: str) -> dict[str, int]:
        """Floating-point operations of one call: of each stage, and of all as "". Empty where they can't be counted."""
        from jitgate.worker.stage_flops import counted

        module, call = self._opened().module, self._place(self._opened().calls(scenario)[0])
        return counted(lambda: called(module, call), list(self._slots.values()))

    def start(self) -> None:
        """A call begins that is timed."""
        if self._slots:
            self._watch.start()

    def read(self) -> tuple[StageTime, ...]:
        """The stages of the call that has just ended."""
        if not self._slots:
            return ()
        found = self._watch.read()
        return tuple(
            StageTime(stage, spent_s, found.first_s[stage], found.calls[stage])
            for stage, spent_s in found.spent_s.items()
        )

    def _runner(self, wanted: StageVariant) -> Runner:
        module = self._module(wanted.stage)
        order = ArgumentOrder(module, self._place)
        variant_runner = VariantRunner(wanted.variant, self._device)
        if wanted.variant.exported:
            runners: dict[str | None, Runner] = dict(variant_runner.loaded(wanted.files).items())
            if not variant_runner.described().per_signature:
                runners = {None: next(iter(runners.values()))}
        else:
            runners = {None: self._applied(wanted.stage, variant_runner)}
        self.runners += runners.values()
        replaced = ReplacedStage(wanted.stage, order, runners, variant_runner.inputs)
        self.runners.append(replaced)
        return replaced

    def _applied(self, name: str, variant_runner: VariantRunner) -> Runner:
        """The runner of a variant that needs the stage's module itself; watched unless it is eager by name."""
        _, calls = self.source(name, None)
        example, module = self._place(calls[0]), variant_runner.converted(self._module(name))
        if BASELINE in (variant_runner.spec.name, variant_runner.spec.engine):
            return variant_runner.applied(module, example)
        began = time.perf_counter()
        detector = variant_runner.cast(FallbackDetector)(module)
        self._inspected_s += time.perf_counter() - began
        runner = variant_runner.applied(module, example)
        if variant_runner.spec.where != "jitgate" and isinstance(runner, SelfCheckingRunner):
            return runner
        detector.start_watching()
        return WatchedStage(name, runner, detector)

    def _calls(self, name: str) -> Mapping[str, Sequence[Inputs]]:
        if name not in self._known_calls:
            said = self._stages[name].calls
            self._known_calls |= self._recorded() if said is None else {name: said()}
        return self._known_calls[name]

    def _recorded(self) -> dict[str, Mapping[str, Sequence[Inputs]]]:
        """The calls that stages do not say themselves, from running every scenario once."""
        from jitgate.worker.slot import Slot

        workload = self._opened()
        silent = {name: stage.find(workload.module) for name, stage in self._stages.items() if stage.calls is None}
        own = {name: getattr(holder, last) for name, (holder, last) in silent.items()}
        recorders = {name: CallRecorder(module, self._place) for name, module in own.items()}
        found: dict[str, dict[str, Sequence[Inputs]]] = {name: {} for name in silent}
        try:
            for name, (holder, last) in silent.items():
                setattr(holder, last, Slot(name, recorders[name], self._watch))
            for scenario in workload.scenarios:
                for call in workload.calls(scenario):
                    called(workload.module, self._place(call))
                for name, recorder in recorders.items():
                    found[name][scenario] = recorder.taken()
        finally:
            for name, (holder, last) in silent.items():
                setattr(holder, last, own[name])
        return dict(found)

    def _module(self, name: str) -> Any:
        if name in self._slots:
            return self._slots[name].run
        holder, last = self._stages[name].find(self._opened().module)
        return getattr(holder, last)

    def _opened(self) -> Workload:
        if self._workload is None:
            raise RuntimeError("no workload is open in this worker")
        return self._workload


class ArgumentOrder:
    """Arguments as a pipeline passes them -> all that the stage has, by position, defaults too: what exports take."""

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
            raise RuntimeError(f"an exported stage takes no arguments by keyword only: {', '.join(bound.kwargs)}")
        return bound.args


class CallRecorder:
    """Runs a stage, and keeps what it was called with; calls that show no new kind or length are dropped."""

    def __init__(self, module: Any, place: Place) -> None:
        self._module = module
        self._order = ArgumentOrder(module, place)
        self._kept: dict[str, list[Inputs]] = {}

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        call = self._order(args, keywords)
        same = self._kept.setdefault(signature(call), [])
        if not same or spread_of_shapes([*same, call]) != spread_of_shapes(same):
            # Copied: a pipeline may fill the same buffer again.
            same.append(mapped(_copied, call))
        return self._module(*args, **keywords)

    def taken(self) -> list[Inputs]:
        """What was kept since it was last asked."""
        kept, self._kept = self._kept, {}
        return [call for calls in kept.values() for call in calls]


class ReplacedStage(Watchable, SelfCheckingRunner):
    """What runs in a stage's place: for each kind of call a callable, or one for all of them under None.

    Its proof: a model that keeps its own module under another name, too, may never call what stands here.
    """

    def __init__(
        self,
        stage: str,
        order: ArgumentOrder,
        runners: Mapping[str | None, Runner],
        adapted: Place = lambda values: values,
    ) -> None:
        self._stage = stage
        self._adapted = adapted
        self._order = order
        self._runners = runners
        self._known: dict[Any, Runner] = {}
        self._called = False

    def begin(self) -> None:
        super().begin()
        self._called = False

    def proof(self) -> str | None:
        if self._called:
            return None
        return f"never ran: the model made no call of its stage {self._stage}, but of something else or nothing"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        self._called = True
        # A graph takes the strides of its example for granted: a slice must be copied first.
        call = tuple(_contiguous(value) for value in self._order(args, keywords))
        if None in self._runners:
            return self._runners[None](*self._adapted(call))
        kind = tuple(_kind(leaf) for leaf in leaves(call))
        if kind not in self._known:
            named = signature(call)
            if named not in self._runners:
                raise RuntimeError(
                    f"{self._stage} was called with {named}, which none of its files serves: Stage(calls=...) must "
                    "give every kind of call"
                )
            self._known[kind] = self._runners[named]
        return self._known[kind](*self._adapted(call))


def _kind(leaf: Any) -> Any:
    """As `signature`, and fast, since every call needs it."""
    shape = getattr(leaf, "shape", None)
    return leaf if shape is None else (leaf.dtype, *(size if size < 2 else -1 for size in shape))


def _contiguous(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_contiguous(each) for each in value)
    return value.contiguous() if hasattr(value, "contiguous") else value


def _copied(leaf: Any) -> Any:
    return leaf.clone() if hasattr(leaf, "clone") else leaf
