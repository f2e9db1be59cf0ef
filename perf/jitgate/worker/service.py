"""What a worker can be asked: one method a request, plain values in and out, tensors only through files."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jitgate.cache.keys import digest_of
from jitgate.device.clock import clock_for
from jitgate.device.memory import CudaMemory
from jitgate.engines.protocols import Call
from jitgate.model.errors import UsageError
from jitgate.model.inputs import Inputs
from jitgate.worker import outputs
from jitgate.worker.compilation import compilation, keep_in
from jitgate.worker.content import (
    placed,
    runtime_facts,
    signature,
    source_digest,
    spread_of_shapes,
    weight_bytes,
    weights_digest,
)
from jitgate.worker.extras import ExtrasService
from jitgate.worker.factories import build_workload, resolve
from jitgate.worker.memory import Footprint
from jitgate.worker.memory_cap import Cap, cap_for, capped
from jitgate.worker.prewarm import wake
from jitgate.worker.self_check import SelfCheck
from jitgate.worker.stages import PipelineStages
from jitgate.worker.variant_runner import VariantRunner
from jitgate.workloads.token_agreement import TokenAgreement
from jitgate.workloads.weight_source import WeightSource
from jitgate.workloads.workload import Workload

Answer = dict[str, Any]


class WorkerService(ExtrasService):
    """The state of one worker: at first nothing, then a module or a loaded file, then calls ready to be timed."""

    def __init__(self) -> None:
        super().__init__()
        self._device = "cpu"
        self._module: Any = None
        self._workload: Workload | None = None
        self._variant: VariantRunner | None = None
        self._runners: dict[str, Call] = {}
        self._calls: dict[str, list[functools.partial[Any]]] = {}
        self.footprint = Footprint()
        self._stages = PipelineStages()
        self._self_check = SelfCheck()

    @property
    def cap(self) -> Cap:
        """What holds this worker to the ceiling."""
        return self.footprint.cap

    def start(self, device: str, memory_limit_bytes: int | None = None, compiled_in: str | None = None) -> Answer:
        """Import torch and wake the device; with a ceiling, see to it that the cap can be enforced. See `keep_in`."""
        keep_in(compiled_in)
        import torch

        torch.set_grad_enabled(False)
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise UsageError(
                f"--jitgate-device {device}: torch {torch.__version__} finds no usable CUDA card in the worker; "
                "check the driver, or use --jitgate-device cpu"
            )
        self.footprint.cap = cap_for(device, memory_limit_bytes)
        wake(torch)
        if device.startswith("cuda"):
            torch.cuda.set_device(device)
            torch.zeros(1, device=device)
            self.footprint.reader = CudaMemory(torch.cuda, torch.device(device))
        self._device = device
        self.cap.begin()
        return {"torch": str(torch.__version__), "threads": torch.get_num_threads(), "enforced_by": self.cap.how}

    def describe(self, factory: str, where: str) -> Answer:
        """The scenario names of a brought-along workload."""
        return {"scenarios": list(build_workload(factory, where).scenarios)}

    def check(self, factory: str, where: str) -> Answer:
        """Import a brought-along variant's factory."""
        resolve(factory, where)
        return {}

    def threads(self, count: int | None) -> Answer:
        import torch

        if count is not None:
            torch.set_num_threads(count)
        return {"threads": torch.get_num_threads()}

    @capped
    def open(self, factory: str, where: str, weight_source: Mapping[str, Any]) -> Answer:
        """Build the workload and put its module on the device; `build_s` is what that took."""
        import torch

        self.footprint.mark()
        start = time.perf_counter()
        workload = build_workload(factory, where, WeightSource.read(weight_source))
        if workload.threads is not None:
            with self.cap.lifted():  # starts threads, and their stacks are not the model's
                torch.set_num_threads(workload.threads)
        self._module = workload.module.eval().to(self._device)
        self._workload = workload
        self._stages = PipelineStages(workload, self._device, self._placed)
        build_s = time.perf_counter() - start
        by_signature: dict[str, list[Inputs]] = {}
        signatures: dict[str, list[str]] = {}
        for scenario in workload.scenarios:
            kinds = []
            for call in workload.calls(scenario):
                kind = signature(call)
                by_signature.setdefault(kind, []).append(call)
                if kind not in kinds:
                    kinds.append(kind)
            signatures[scenario] = kinds
        return {
            "build_s": build_s,
            "level_before_bytes": self.footprint.before_bytes,
            "threads": workload.threads,
            "artefact": workload.artefact,
            "scenarios": list(workload.scenarios),
            "calls": {scenario: len(workload.calls(scenario)) for scenario in workload.scenarios},
            "weights": weights_digest(self._module),
            "weight_bytes": weight_bytes(self._module),
            "source": source_digest(self._module, workload.content),
            "runtime": digest_of(runtime_facts(self._device)),
            "signatures": signatures,
            "spread": {kind: spread_of_shapes(calls) for kind, calls in by_signature.items()},
            **self._stages.facts(),
        }

    def save_inputs(self, scenarios: list[str], folder: str) -> Answer:
        """Write the inputs of `scenarios` for the workers that only load a file."""
        import torch

        workload = self._opened()
        for scenario in scenarios:
            torch.save(list(workload.calls(scenario)), Path(folder) / f"{scenario}.inputs.pt")
        return {}

    def export(self, variant: Mapping[str, Any], path: str, kind: str | None, stage: str | None = None) -> Answer:
        """Export to `path` for calls of signature `kind` (None: one file serves all); the whole, or a `stage` of it."""
        module, calls = self._stages.source(stage, kind)
        start = time.perf_counter()
        facts = VariantRunner(variant, self._device).export(module, [self._placed(call) for call in calls], Path(path))
        return {"facts": dict(facts), "export_s": time.perf_counter() - start}

    def engine(self, variant: Mapping[str, Any]) -> Answer:
        """What the host has to know of an exported engine to name its files."""
        return VariantRunner(variant, self._device).described()

    @capped
    def load(self, variant: Mapping[str, Any], files: dict[str, list[Any]]) -> Answer:
        """Make the variant ready. `files`: signature -> [path, facts] for an exported engine, {} for the rest."""
        self._variant = VariantRunner(variant, self._device)
        start = time.perf_counter()
        if files:
            self.footprint.mark()
            start = time.perf_counter()
            self._runners = self._variant.loaded(files)
        else:
            workload = self._opened()
            first = workload.calls(next(iter(workload.scenarios)))[0]
            module = self._variant.converted(self._module)
            self._synchronise()
            began = time.perf_counter()
            self._variant.cast(self._self_check.meet)(module)
            start += time.perf_counter() - began  # to look at it is not to load it
            self._runners = {"": self._variant.applied(module, self._placed(first))}
        self._synchronise()
        load_s = time.perf_counter() - start
        self._self_check.met(self._variant.spec, [*self._runners.values(), *self._stages.runners])
        return {"load_s": load_s}

    @capped
    def bind(self, scenario: str, folder: str) -> Answer:
        """Put the inputs of `scenario` on the device and run the first call; `first_call_s` is what that took."""
        import torch

        if self._workload is not None:
            inputs = self._workload.calls(scenario)
        else:
            inputs = tuple(torch.load(Path(folder) / f"{scenario}.inputs.pt", weights_only=True))
        calls = [self._bound(values) for values in inputs]
        if self._calls:  # what was asked beside an earlier scenario's rounds is not this one's memory
            self.footprint.reader.reset_peak()
        self._calls[scenario] = calls
        start = time.perf_counter()
        try:
            with torch.inference_mode():
                calls[0]()
            self._synchronise()
        except Exception as error:
            self._loaded_variant().explain(error)
            raise
        first_call_s = time.perf_counter() - start
        self.footprint.loaded()
        return {"first_call_s": first_call_s, "compilation": compilation()}

    def write_outputs(self, scenario: str, folder: str, token_agreement: Mapping[str, int] | None = None) -> Answer:
        """Run every call once and keep its output as the right answer. token_agreement: of
        `WorkloadSpec.token_agreement`, as plain."""
        chosen = None if token_agreement is None else TokenAgreement(**token_agreement)
        return asdict(outputs.write(self._calls[scenario], self._opened().sound, chosen, scenario, Path(folder)))

    def compare_outputs(self, scenario: str, folder: str) -> Answer:
        """How far the outputs are from the right answers; see `Accuracy`."""
        return asdict(outputs.read(self._calls[scenario], self._self_check.watched, scenario, Path(folder)))

    def proof(self, scenario: str | None = None) -> Answer:
        """Is the variant on, and what was built anew since the last question? Watches one more call of `scenario`."""
        if scenario is not None:
            self._self_check.watched(self._calls[scenario][0])
        return {"fallback": self._self_check.proof(), "recompiles": self._self_check.recompiles()}

    @capped
    def turn(self, scenario: str, start: int, count: int) -> Answer:
        """Time `count` calls, the first one cold. No collection of garbage inside."""
        import torch

        calls = self._calls[scenario]
        clock = clock_for(self._device)
        wall_ns, device_ns, stage_times = [], [], []
        self._self_check.recompiles()  # what came before this turn is not its fault
        gc.disable()
        try:
            with torch.inference_mode():
                for number in range(start, start + count):
                    self._stages.start()
                    taken = clock.time(calls[number % len(calls)])
                    stage_times.append(self._stages.read())
                    wall_ns.append(taken.wall_ns)
                    if taken.device_ns is not None:
                        device_ns.append(taken.device_ns)
        finally:
            gc.enable()
        return {
            "wall_ns": wall_ns,
            "device_ns": device_ns,
            "stage_times": stage_times,
            "level_bytes": self.footprint.level_bytes(),
            "recompiles": self._self_check.recompiles(),
        }

    def settle(self) -> Answer:
        """Move everything alive out of the collector's sight, so that no later collection walks the model."""
        gc.collect()
        gc.freeze()
        return {}

    def reset_peak(self) -> Answer:
        """Start the memory of a scenario anew; where the platform can't, its peak is that of the whole life."""
        return {"reset": self.footprint.reader.reset_peak(), "level_bytes": self.footprint.level_bytes()}

    def memory(self) -> Answer:
        """What the variant takes of memory; see `Footprint`."""
        return self.footprint.answer()

    def stages(self, do: str, **keywords: Any) -> Answer:
        """A request about the stages of a pipeline: a method of `PipelineStages`."""
        return getattr(self._stages, do)(**keywords)  # type: ignore[no-any-return]

    def _opened(self) -> Workload:
        if self._workload is None:
            raise RuntimeError("no workload is open in this worker")
        return self._workload

    def _bound(self, values: Inputs) -> functools.partial[Any]:
        runner = self._runners[""] if "" in self._runners else self._runners[signature(values)]
        return functools.partial(runner, *self._loaded_variant().inputs(self._placed(values)))

    def _loaded_variant(self) -> VariantRunner:
        if self._variant is None:
            raise RuntimeError("no variant is loaded in this worker")
        return self._variant

    def _placed(self, values: Inputs) -> Inputs:
        return placed(values, self._device)

    def _synchronise(self) -> None:
        if self._device.startswith("cuda"):
            import torch

            torch.cuda.synchronize(self._device)
