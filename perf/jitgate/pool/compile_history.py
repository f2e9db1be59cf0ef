"""What compiling a variant's graphs took, for processes that find them in torch's cache later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jitgate.cache.kv_store import KeyValueStore
from jitgate.pool.ready import Ready

SPENT, DAY = "spent_s", "built_on"


def recall_compile_times(ready: Ready, scenario: str, folder: Path) -> None:
    """Keep in `folder` what first calls of `scenario` spent where they compiled everything, and fill `first_s` and
    `first_on` of those that compiled nothing. A process that found a part of its graphs tells neither.
    """
    if ready.estimator is None:
        return
    kept = KeyValueStore(folder)
    for name, cold in ready.cold_start.items():
        done = cold.compilation
        if done is None or done.scenario != scenario:
            continue
        key = ready.estimator.key(ready.variants[name], scenario)
        if done.built and not done.found:
            kept.keep(key, {SPENT: done.spent_s, DAY: datetime.now(UTC).date().isoformat()})
        elif done.found and not done.built:
            said = kept.find(key)
            spent_s, day = said.get(SPENT), said.get(DAY)
            if isinstance(spent_s, float) and spent_s > 0 and isinstance(day, str):
                cold.compilation = replace(done, first_s=spent_s, first_on=day)
