"""What a reader must know of eager before its figures: what it does with its inputs, and what no engine can follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jitgate.model.answers import ModelFacts
from jitgate.model.probe_baseline import EagerProbe
from jitgate.pool.pool import WorkerPool
from jitgate.pool.ready import Ready

INDUCTORS = ("compile", "inductor")
"""How engines begin whose code inductor writes."""

SHOWN = 3
"""Names that a note has; the others are counted."""


def notes_on_eager(pool: WorkerPool, ready: Ready, scenario: str) -> tuple[str, ...]:
    """One sentence or two each, in order."""
    probe = pool.audit.probes.get(scenario, EagerProbe())
    return (*_of_inputs(probe), *_of_calls(probe), *(_of_variants(ready, ready.facts) if ready.facts else ()))


def _of_inputs(probe: EagerProbe) -> Iterator[str]:
    if probe.changes:
        which = ", ".join(str(each) for each in probe.changes)
        yield (
            f"Eager does not repeat itself on the same tensors: it changes its input {which} in place. "
            "Every call here gets fresh inputs."
        )
    if probe.repeated:
        how = "have values that come back" if probe.few else "are the same in every call"
        if probe.fixed and probe.inputs > 1:
            how = f"are the scenario's {probe.inputs}, in turn, unchanged"
        yield (
            f"Inputs {how}, so outputs alone would not show a stored answer: {probe.repeated}. "
            f"Calls are held against {'calls with other values, ' if probe.fixed and probe.others else ''}"
            "the device's peak and what looking up a stored answer takes."
        )


def _of_calls(probe: EagerProbe) -> Iterator[str]:
    if probe.updates:
        yield (
            f"Eager changes {_some(probe.updates)} in every call (a layer in training mode, or state of its own). "
            "Outputs are compared, that state is not: a variant that leaves it alone is not noticed."
        )
    if probe.parametrised:
        yield (
            f"Eager computes {_some(probe.parametrised)} in every call (parametrised weights); an engine may do so "
            "once, which counts as its speed."
        )
    if probe.no_grad:
        yield (
            "Eager does not run in torch's inference mode (it computes gradients inside, or keeps tensors for them): "
            "it is called under torch.no_grad."
        )


def _of_variants(ready: Ready, facts: ModelFacts) -> Iterator[str]:
    every = ready.variants.values()
    compiled = [each.name for each in every if each.engine.startswith(INDUCTORS)]
    if compiled and facts.seed is not None:
        yield (
            f"Every call is seeded, and what inductor compiles ({', '.join(compiled)}) draws by torch's own "
            "generators, as eager does: inductor's random numbers are other ones, and may be faster."
        )
    exported = [each.name for each in every if each.exported]
    if exported and facts.resets:
        yield (
            f"Workload(reset=...) can't reach a model in a file ({', '.join(exported)}): where its output differs "
            "after the first call, it keeps state."
        )
    own = [each.name for each in every if each.where != "jitgate" and not each.exported]
    if own and not facts.reset_follows:
        yield (
            f"Workload(reset=...) clears the workload's own model, and no copy of it ({', '.join(own)}): where its "
            "output differs after the first call, it keeps state. Give reset a parameter: it gets the model that runs."
        )


def _some(names: Sequence[str]) -> str:
    """The first of `names`, and how many there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
