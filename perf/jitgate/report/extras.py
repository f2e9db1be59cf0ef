"""The second table of a scenario: cold start, unseen shapes and roofline efficiency of each variant."""

from __future__ import annotations

from jitgate.gates.results import Results
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.size import format_bytes
from jitgate.model.variant import is_variant
from jitgate.report.format import columns, format_calls, format_rate, format_ratio, format_seconds, format_share
from jitgate.report.roofline import roofline, unseen_shape

HEAD = ("variant", "export", "file", "load", "first call", "steady after", "unseen shape", "roofline %")


def extras(results: Results, measurement: Measurement) -> list[str]:
    """The table, and lines on the cache and on the peak rates; [] where nothing was measured for it."""
    found = rows(results, measurement)
    if not found:
        return []
    lines = (*cached(measurement), *compiled(measurement), *spared(measurement), *limits(measurement))
    return [*columns([HEAD, *found]), *(f"  {line}" for line in lines)]


def rows(results: Results, measurement: Measurement) -> list[tuple[str, ...]]:
    """A row for each variant whose first call was timed."""
    return [
        row(results, measurement, name)
        for name, samples in measurement.all_samples.items()
        if is_variant(name) and samples.cold_start.first_call_s is not None
    ]


def row(results: Results, measurement: Measurement, name: str) -> tuple[str, ...]:
    """One variant's texts, in the order of `HEAD`."""
    samples = measurement.all_samples[name]
    cold = samples.cold_start
    return (
        name,
        format_seconds(cold.build_s),
        "-" if cold.artefact_bytes is None else format_bytes(cold.artefact_bytes),
        format_seconds(cold.load_s),
        format_seconds(cold.first_call_s),
        _steady(samples),
        _unseen_shape(results, measurement, name),
        _roofline(results, measurement, name),
    )


def cached(measurement: Measurement) -> list[str]:
    """A line for each export that came from the cache: what it took to make, when, and what it took to find."""
    lines = []
    for name, samples in measurement.all_samples.items():
        cold = samples.cold_start
        if cold.artefact_bytes is None or cold.built_now or cold.build_s is None:
            continue
        day = f" on {cold.built_at}" if cold.built_at else " by an earlier run"
        share = f", {cold.fetch_s / cold.build_s:.1%} of that" if cold.fetch_s is not None and cold.build_s else ""
        fetched = f"{format_seconds(cold.fetch_s)}{share}"
        lines.append(f"{name}: exported in {format_seconds(cold.build_s)}{day}; read from the cache in {fetched}")
    return lines


def compiled(measurement: Measurement) -> list[str]:
    """A line for each variant that compiled in its first call: graphs built, and graphs found in torch's cache."""
    lines = []
    for name, samples in measurement.all_samples.items():
        done = samples.cold_start.compilation
        if done is None or not is_variant(name):
            continue
        built = f"{done.built} compiled" + (f" ({done.uncached} can't be cached)" if done.uncached else "")
        rest = format_seconds(done.spent_s - done.reading_s)
        share = (
            "" if done.first_s is None else f" (together {done.spent_s / done.first_s:.1%} of the first compilation)"
        )
        lines.append(
            f"{name}: graphs of the first call: {built}, {done.found} from torch's cache; compiling took {rest}, "
            f"tracing {format_seconds(done.reading_s)}{share}"
        )
    return lines


def spared(measurement: Measurement) -> list[str]:
    """What the cache has saved in all: one line, where it saved something of two variants or more."""
    built_s, read_s = [], []
    for name, samples in measurement.all_samples.items():
        cold, done = samples.cold_start, samples.cold_start.compilation
        if not is_variant(name):
            continue
        if cold.artefact_bytes is not None and not cold.built_now and cold.build_s and cold.fetch_s is not None:
            built_s.append(cold.build_s)
            read_s.append(cold.fetch_s)
        if done is not None and done.first_s is not None:
            built_s.append(done.first_s)
            read_s.append(done.spent_s)
    if len(built_s) < 2:  # one alone has said it
        return []
    whole_s, again_s = sum(built_s), sum(read_s)
    then, now = format_seconds(whole_s), format_seconds(again_s)
    return [f"from the cache, {len(built_s)} variants: {now} instead of {then}, {again_s / whole_s:.1%} of it"]


def limits(measurement: Measurement) -> list[str]:
    """The FLOP count of a call, and the peak rates of the roofline."""
    work = measurement.flop_count
    if work is None:
        return []
    each = "a call (the mean over its inputs)" if not measurement.same_inputs else "a call"
    parameters, activations = format_bytes(work.parameter_bytes), format_bytes(work.activation_bytes)
    moved = f"{parameters} of parameters and {activations} of activations, each once in float32"
    lines = [f"{each}: {work.flops / 1e9:.3g} GFLOP, {moved}"]
    lines += [
        f"measured peak in {precision}: {format_rate(peak.flops_s, 'FLOP/s')}, {format_rate(peak.bytes_s, 'B/s')} "
        "(the best of a large matrix product and a large copy)"
        for precision, peak in measurement.peak_rates.items()
    ]
    return lines + [f"no measured peak in {precision}: {why}" for precision, why in measurement.missing.items()]


def _steady(samples: Samples) -> str:
    found = samples.warm_up
    if found is None:
        return "-"
    if found.calls is None:
        return f"not in {format_calls(found.made)}, {format_seconds(found.seconds)}"
    return f"{format_calls(found.calls)}, {format_seconds(found.seconds)}" if found.calls else "at once"


def _unseen_shape(results: Results, measurement: Measurement, name: str) -> str:
    found = measurement.all_samples[name].unseen_shapes
    ratio = unseen_shape(measurement, name, results.rules.alpha)
    end = "fails" if found.problem else "out of memory" if found.untried else ""
    if ratio is None:
        return end or "-"
    count = len(found.lengths)
    return f"{format_ratio(ratio)}, {count} length{'s' if count > 1 else ''}" + (f", then {end}" if end else "")


def _roofline(results: Results, measurement: Measurement, name: str) -> str:
    found = roofline(measurement, name, results.rules.alpha)
    return "-" if found is None else found.above or f"{format_share(found.share)} of {found.bound}"
