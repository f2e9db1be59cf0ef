"""What a variant costs once, before its calls are steady."""

from __future__ import annotations

from jitgate.model.samples import Samples
from jitgate.statistics import warm_up


def once_s(samples: Samples, *, cached: bool) -> float | None:
    """Seconds: export, load, and what the first calls take beyond steady ones. None where a part is not known.

    cached: its files lie in the cache, and nothing is exported. Building the module itself is left out: every way of
    running it needs that, and with seeded weights it is not what loading a checkpoint takes.
    """
    found = [warm_up(series).excess_s for series in (samples.cold_start.warm_s, samples.warm_s) if series]
    if samples.cold_start.load_s is None or not found or any(each is None for each in found):
        return None
    # The process's first warm-up compiles what this scenario's own may find ready, so the longer one counts.
    excess_s = max(each for each in found if each is not None)
    exported = samples.cold_start.artefact_bytes is not None
    if exported and not cached and samples.cold_start.build_s is None:
        return None
    export_s = (samples.cold_start.build_s or 0.0) if exported and not cached else 0.0
    return export_s + samples.cold_start.load_s + excess_s
