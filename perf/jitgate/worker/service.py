"""What a worker answers: one typed method a request. Tensors travel only through files."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from jitgate.device.clock import clock_for
from jitgate.device.memory import CudaMemory
from jitgate.device.run_queue import RunQueue
from jitgate.engines.protocols import Runner
from jitgate.model import answers, requests
from jitgate.model.accuracy import Accuracy
from jitgate.model.errors import UsageError
from jitgate.model.inputs import Inputs, bound
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.probe_baseline import EagerProbe, ProbeBaseline
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import Turn
from jitgate.worker import inputs, outputs
from jitgate.worker.baseline_probe import probe
from jitgate.worker.before_call import BeforeCall, before_calls_of, of_runner, reset_follows
from jitgate.worker.compilation import compilation, keep_in
from jitgate.worker.content import content_of, placed, signature, weight_bytes
from jitgate.worker.digests import content_digests
from jitgate.worker.discovery import DiscoveryService
from jitgate.worker.extras import ExtrasService
from jitgate.worker.factories import build_workload
from jitgate.worker.handlers import answer, handles
from jitgate.worker.memory import Footprint
from jitgate.worker.memory_cap import Cap
from jitgate.worker.memory_caps import cap_for
from jitgate.worker.prewarm import prewarm
from jitgate.worker.self_check import SelfCheck
from jitgate.worker.stages import PipelineStages
from jitgate.worker.tampering import Tampering
from jitgate.worker.timed_calls import take_turn
from jitgate.worker.torch_switches import TorchSwitches, set_to
from jitgate.worker.tree_service import TreeService
from jitgate.worker.turn_watch import TurnWatch
from jitgate.worker.variant_runner import VariantRunner
from jitgate.worker.varied_inputs import VariedInputs, fresh
from jitgate.workloads.call_mode import MODE
from jitgate.workloads.weight_source import WeightSource
from jitgate.workloads.workload import Workload

AnswerT = TypeVar("AnswerT")


class WorkerService(DiscoveryService, ExtrasService, TreeService):
    """The state of one worker: at first nothing, then a module or a loaded file, then calls ready to be timed."""

    def __init__(self) -> None:
        super().__init__()
        self._device = "cpu"
        self._module: Any = None
        self._workload: Workload | None = None
        self._factory = ""
        self._variant: VariantRunner | None = None
        self._runners: dict[str, Runner] = {}
        self._calls: dict[str, list[functools.partial[Any]]] = {}
        self._inputs: dict[str, VariedInputs] = {}
        self.footprint = Footprint()
        self._stages = PipelineStages()
        self._self_check = SelfCheck()
        self._switches = TorchSwitches()
        self._turn_watch = TurnWatch()

    @property
    def cap(self) -> Cap:
        """What holds this worker to the memory limit."""
        return self.footprint.cap

    def answer(self, request: requests.Request[AnswerT]) -> AnswerT:
        """Answer one request, under the memory cap where loading and calls are the model's own."""
        with self.cap.held() if request.capped else contextlib.nullcontext():
            return self._turn_watch.around(request, functools.partial(answer, self, request))

    @handles(requests.StartWorker)
    def start(self, request: requests.StartWorker) -> answers.WorkerFacts:
        """UsageError where the device is not there, or the cap can't be enforced."""
        keep_in(request.compiled_in)
        import torch

        device = request.device
        torch.set_grad_enabled(False)
        self._tampering, self._run_queue = Tampering(), RunQueue()
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise UsageError(
                f"--jitgate-device {device}: torch {torch.__version__} finds no usable CUDA card in the worker; "
                "check the driver, or use --jitgate-device cpu"
            )
        self.footprint.cap = cap_for(device, request.memory_limit_bytes)
        prewarm(torch)
        if device.startswith("cuda"):
            torch.cuda.set_device(device)
            torch.zeros(1, device=device)
            self.footprint.reader = CudaMemory(torch.cuda, torch.device(device))
        self._device = device
        self.cap.begin()
        self._switches = TorchSwitches.now()
        return answers.WorkerFacts(str(torch.__version__), torch.get_num_threads(), self.cap.how)

    @handles(requests.SetThreads)
    def set_threads(self, request: requests.SetThreads) -> answers.Done:
        set_to(request.count, request.switches)
        return answers.Done()

    @handles(requests.OpenModel)
    def open(self, request: requests.OpenModel) -> answers.ModelFacts:
        import torch

        self.footprint.mark()
        start = time.perf_counter()
        source = WeightSource(request.checkpoint, request.checkout, request.files)
        workload = build_workload(request.factory, request.where, source, request.own)
        if workload.threads is not None:
            with self.cap.lifted():  # starts threads, and their stacks are not the model's
                torch.set_num_threads(workload.threads)
        self._module = workload.module.eval().to(self._device)
        self._workload = workload
        self._before = before_calls_of(workload)
        self._factory = request.factory.partition(":")[0]
        self._stages = PipelineStages(workload, self._device, self._placed)
        build_s = time.perf_counter() - start
        calls = {scenario: workload.calls(scenario) for scenario in workload.scenarios}
        content = content_of(self._module, calls, workload.content, self._device, workload.artefact)
        return answers.ModelFacts(
            build_s,
            self.footprint.before_bytes,
            weight_bytes(self._module),
            {scenario: len(each) for scenario, each in calls.items()},
            content,
            self._switches.threads_of(workload.threads),
            self._stages.outputs(),
            self._stages.utterances(),
            content_digests(self._module, calls, content.weights),
            workload.seed,
            workload.reset is not None,
            reset_follows(workload),
            self._origin(),
            workload.produced(),
            self._switches.changed(),
        )

    @handles(requests.SaveInputs)
    def save_inputs(self, request: requests.SaveInputs) -> answers.Done:
        workload = self._opened()
        for scenario in request.scenarios:
            inputs.write(inputs.inputs_file(request.folder, scenario), workload.calls(scenario))
        return answers.Done()

    @handles(requests.ExportModel)
    def export(self, request: requests.ExportModel) -> answers.ExportedFile:
        module, calls = self._stages.source(request.stage, request.signature)
        start = time.perf_counter()
        runner = VariantRunner(request.variant, self._device)
        facts = runner.export(module, [self._placed(call) for call in calls], request.path)
        facts = {**facts, "factory": self._factory} if "needs" in facts else dict(facts)
        return answers.ExportedFile(facts, time.perf_counter() - start)

    @handles(requests.DescribeEngine)
    def describe_engine(self, request: requests.DescribeEngine) -> answers.EngineFacts:
        return VariantRunner(request.variant, self._device).described()

    @handles(requests.LoadVariant)
    def load(self, request: requests.LoadVariant) -> float:
        self._variant = VariantRunner(request.variant, self._device)
        start = time.perf_counter()
        if request.files:
            self._before = BeforeCall(request.seed)
            self.footprint.mark()
            start = time.perf_counter()
            self._runners = self._variant.loaded(request.files)
        else:
            workload = self._opened()
            first = workload.calls(next(iter(workload.scenarios)))[0]
            module = self._variant.converted(self._module)
            self._synchronise()
            began = time.perf_counter()
            self._variant.cast(self._self_check.remember)(module)
            start += time.perf_counter() - began  # looking at the module is not loading it
            self._runners = {"": self._variant.applied(module, self._placed(first))}
            self._before = of_runner(self._before, workload, self._runners[""])
        self._synchronise()
        load_s = time.perf_counter() - start
        self._self_check.follow(self._variant.spec, [*self._runners.values(), *self._stages.runners])
        return load_s

    @handles(requests.MakeFirstCall)
    def first_call(self, request: requests.MakeFirstCall) -> answers.FirstCall:
        scenario = request.scenario
        if self._workload is not None and not self._entered:
            every: Sequence[Inputs] = self._workload.calls(scenario)
        else:
            every = inputs.read(inputs.inputs_file(request.folder, scenario))
        self._inputs[scenario] = VariedInputs([self._placed(values) for values in every])
        calls = [self._bound(values) for values in every]
        if self._calls:  # memory that the extras of an earlier scenario took is not this scenario's
            self.footprint.reader.reset_peak()
        self._calls[scenario] = calls
        start = time.perf_counter()
        try:
            MODE.first(functools.partial(self._called, calls[0]))
            self._synchronise()
        except Exception as error:
            self._loaded_variant().explain(error)
            raise
        first_call_s = time.perf_counter() - start
        self.footprint.loaded()
        return answers.FirstCall(first_call_s, compilation(scenario))

    def _called(self, call: functools.partial[Any]) -> None:
        self._before(0)
        fresh(call)()

    @handles(requests.WriteOutputs)
    def write_outputs(self, request: requests.WriteOutputs) -> Accuracy:
        calls, workload = self._calls[request.scenario], self._opened()
        with self.footprint.watched():
            return outputs.write(calls, workload, request, self._before)

    @handles(requests.CompareOutputs)
    def compare_outputs(self, request: requests.CompareOutputs) -> Accuracy:
        calls = self._calls[request.scenario]
        with self.footprint.watched():
            return outputs.read(calls, self._self_check.watched, request.scenario, request.folder, self._before)

    @handles(requests.CheckFallback)
    def check_fallback(self, request: requests.CheckFallback) -> answers.FallbackCheck:
        if request.scenario is not None:
            self._self_check.watched(self._calls[request.scenario][0])
        return self._self_check.found()

    @handles(TakeTurn)
    def turn(self, request: TakeTurn) -> Turn:
        self._self_check.recompiles()  # what came before this turn does not count as its own
        varied, clock = self._inputs[request.scenario], clock_for(self._device)
        turn = take_turn(request, varied, self._bound, clock, self._stages, self._watch, self._before)
        return replace(
            turn,
            level_bytes=self.footprint.level_bytes(),
            recompiles=self._self_check.recompiles(),
            replaced=self._tampering.replaced(),
            waited_s=self._run_queue.waited_s(),
        )

    @handles(ProbeBaseline)
    def probe_baseline(self, request: ProbeBaseline) -> EagerProbe:
        found = probe(self._inputs[request.scenario], self._bound, self._before, request.seed, self._module)
        return replace(found, fixed="the workload says so (fixed_inputs)") if self._opened().fixed_inputs else found

    @handles(requests.ResetPeak)
    def reset_peak(self, request: requests.ResetPeak) -> answers.MemoryLevel:  # noqa: ARG002 - it has no fields
        reset = self.footprint.reader.reset_peak()
        return answers.MemoryLevel(self.footprint.level_bytes(), reset)

    @handles(requests.ReadMemory)
    def memory(self, request: requests.ReadMemory) -> MemoryPeaks:  # noqa: ARG002 - it has no fields
        return self.footprint.peaks()

    @handles(requests.DescribeStages)
    def describe_stages(self, request: requests.DescribeStages) -> Mapping[str, answers.ExportContent]:
        return {name: self._stages.content(name) for name in request.stages}

    @handles(requests.ReplaceStages)
    def replace_stages(self, request: requests.ReplaceStages) -> float:
        return self._stages.replace(request.stages)

    @handles(requests.CountStageFlops)
    def count_stage_flops(self, request: requests.CountStageFlops) -> Mapping[str, int]:
        return self._stages.flops(request.scenario)

    def _opened(self) -> Workload:
        if self._workload is None:
            raise RuntimeError("no workload is open in this worker")
        return self._workload

    def _bound(self, values: Inputs) -> functools.partial[Any]:
        runner = self._runners[""] if "" in self._runners else self._runners[signature(values)]
        return bound(runner, self._loaded_variant().inputs(self._placed(values)))

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
