"""One architecture in one engine, in a process of its own that may take 60 s and 2 GB."""

from __future__ import annotations

import importlib.util
import logging
import math
import multiprocessing
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from jitgate.building.own_model import facts_of, workload_of
from jitgate.engines.builtin import built_in
from jitgate.model.error_words import shortly
from jitgate.model.errors import Unavailable, UsageError
from jitgate.model.inputs import Inputs, called
from jitgate.model.out_of_memory import about_memory
from jitgate.model.tolerance import TOLERANCE
from jitgate.worker.accuracy import distance, not_finite
from jitgate.worker.outputs import kept_leaves
from jitgate.worker.variant_runner import VariantRunner
from jitgate.workloads.own_model import own_model, spec_of

from studies.coverage.record import Fate, Tried

CPU_S = 60
"""Seconds of processor time: on a machine that others use too, time on the wall says nothing."""

WALL_S = 900.0
"""When a process that waits for ever is ended."""

MEMORY_BYTES = 2 * 2**30

PRELOADED = [
    *("torch", "transformers", "transformers.modeling_utils", "jitgate.building.transformers_models", __name__),
    *("torch._inductor.compile_fx", "onnxscript", "onnxruntime", "networkx"),
]
"""Imported once, and inherited by every attempt where processes can be forked. What is left of a row is the work: for
gpt2 by `compile` 3.5 s of tracing and lowering and 6.7 s in g++, which takes a second for each kernel whether it
optimises or not; by `inductor` 2.5 and 7.1 s; by `onnxruntime` 2.5 s (processor time, 2026-11-28)."""


def attempt(architecture: str, engine: str) -> Tried:
    """Try it, whatever becomes of the process."""
    context: Any = multiprocessing.get_context(_start_method())
    context.set_forkserver_preload(PRELOADED)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, architecture, engine))
    process.start()
    theirs.close()
    found: tuple[str, str, float] | None = None
    if ours.poll(WALL_S):
        try:
            found = ours.recv()
        except EOFError:
            found = None
    process.join(5)
    process.kill()
    process.join()
    if found is None:
        why = f"did not end within {CPU_S} s of processor time, or within {MEMORY_BYTES >> 30} GB"
        return Tried(architecture, engine, Fate.LIMIT, f"{why} (exit code {process.exitcode})", float(CPU_S))
    return Tried(architecture, engine, Fate(found[0]), found[1], found[2])


def _start_method() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _run(answer: Connection, architecture: str, engine: str) -> None:
    """In the process: send `(fate, sentence, seconds)`."""
    _limit()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    fate, says = _tried(architecture, engine)
    answer.send((str(fate), says, round(sum(os.times()[:4]), 1)))


def _limit() -> None:
    if importlib.util.find_spec("resource") is None:
        return
    import resource

    spent = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_S, spent + CPU_S))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


def _tried(architecture: str, engine: str) -> tuple[Fate, str]:
    import torch

    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    try:
        asked = own_model(f"transformers/{architecture}", (), Path.cwd(), shrink=True)
        facts = _seeded(lambda: facts_of(asked, _none))
        own = spec_of(asked, facts, ()).own
        assert own is not None  # noqa: S101 - spec_of has put it there
        workload = _seeded(lambda: workload_of(own, _none))
        inputs = workload.calls(facts.scenarios[0])[0]
        module = workload.module.eval()
        right = _answer(module, inputs)
        if not_finite(right.values(), right.values()):
            return Fate.REFUSED, "NaN or Inf with random weights: give a directory with its weights, or other inputs"
        again = distance(_answer(module, inputs), right)
        if again > TOLERANCE["fp32"]:
            return Fate.REFUSED, f"eager's second call differs from its first, by {again:.1e}: seed it, or reset it"
        call = module if engine == "eager" else _by_engine(engine, module, inputs)
        gap = distance(_answer(call, inputs), right)
    except (UsageError, Unavailable) as sentence:
        return Fate.REFUSED, str(sentence)
    except Exception as error:  # whatever an engine raises is what is asked about  # noqa: BLE001
        if about_memory(error):
            return Fate.LIMIT, f"needs more than {MEMORY_BYTES >> 30} GB"
        return Fate.RAISED, shortly(error)
    return (Fate.PARITY if gap <= TOLERANCE["fp32"] else Fate.DIFFERS), f"{gap:.0e}"


def _by_engine(engine: str, module: Any, inputs: Inputs) -> Callable[..., Any]:
    spec = built_in().named(engine)
    runner = VariantRunner(spec, "cpu")
    if not spec.exported:
        return runner.applied(module, inputs)
    with tempfile.TemporaryDirectory() as folder:
        made: Any = runner._engine()
        path = Path(folder) / f"model{made.suffix}"
        made_facts = made.export(module, [inputs], path)
        return made.load(path, "cpu", made_facts)  # type: ignore[no-any-return]


def _answer(call: Callable[..., Any], inputs: Inputs) -> dict[str, Any]:
    import torch

    with torch.inference_mode():
        return kept_leaves(called(call, inputs))


def _seeded(make: Callable[[], Any]) -> Any:
    import torch

    torch.manual_seed(0)
    return make()


def _none(factory: str) -> Callable[[], Any]:
    raise UsageError(f"{factory}: an architecture has no factory")
