"""What the gate and other rules say of recorded rounds of one commit against itself, and with a slowdown planted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jitgate.statistics import Outcome, judge, speedup
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Figures = NDArray[np.float64]

Recorded = Mapping[str, Any]

FEWEST_ROUNDS = 500
"""Of a session from which a longer one is drawn: what its arms differ by only because it is short, the longer one would
keep for ever."""


def recorded(path: Path) -> list[Recorded]:
    """The sessions of a file, each a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def equal_commits(sessions: Sequence[Recorded], limit: float) -> list[Recorded]:
    """Those of one commit against itself that were judged by this limit."""
    return [each for each in sessions if not each["slower"] and each["limit"] == limit]


def asv(base: Figures, head: Figures) -> bool:
    """`asv continuous`: Mann-Whitney with p below 0.002, and a factor of 1.1 between the medians."""
    return bool(_mann_whitney(base, head) < 0.002 and np.median(head) > 1.1 * np.median(base))


def mann_whitney(base: Figures, head: Figures) -> bool:
    """Unpaired, at 1 %, and slower."""
    return bool(_mann_whitney(base, head) < 0.01 and np.median(head) > np.median(base))


def median_5(base: Figures, head: Figures) -> bool:
    """The median is more than 5 % higher."""
    return bool(np.median(head) > 1.05 * np.median(base))


def tango(base: Figures, head: Figures) -> bool:
    """Paired differences without outliers by Tukey's fences; |z| above 2.6 and more than 0.5 % slower, its defaults as
    documented."""
    difference = head - base
    low, high = np.quantile(difference, (0.25, 0.75))
    kept = difference[(difference >= low - 1.5 * (high - low)) & (difference <= high + 1.5 * (high - low))]
    deviation = kept.std(ddof=1) if len(kept) > 1 else 0.0
    if not deviation:
        return False
    z = kept.mean() / (deviation / np.sqrt(len(kept)))
    return bool(z > 2.6 and kept.mean() > 0.005 * base.mean())


RIVALS: Mapping[str, Callable[[Figures, Figures], bool]] = {
    "asv continuous": asv,
    "Mann-Whitney, unpaired, 1 %": mann_whitney,
    "median more than 5 % higher": median_5,
    "tango": tango,
}


def _mann_whitney(base: Figures, head: Figures) -> float:
    return float(stats.mannwhitneyu(head, base).pvalue)


def columns(session: Recorded) -> tuple[Figures, Figures, Figures]:
    """Base, head and control, in seconds a call."""
    table = np.array(session["rounds_us"], dtype=np.float64).reshape(-1, 3) / 1e6
    return table[:, 0], table[:, 1], table[:, 2]


def false_alarms(sessions: Sequence[Recorded], limit: float) -> Iterator[str]:
    """A table: of each regime and of all, how many sessions each rule calls slower. The gate's is its own verdict,
    after its confirmation; without it, what one set of workers would have said."""
    regimes = [*dict.fromkeys(session["regime"] for session in sessions), "all"]
    yield f"| rule | {' | '.join(regimes)} |"
    yield f"| --- | {' | '.join('---:' for _ in regimes)} |"
    rows: dict[str, Callable[[Recorded], bool]] = {
        "max_slowdown (FAIL, confirmed)": lambda session: session["verdict"] == "FAIL",
        "max_slowdown, first set of workers alone": lambda session: _once(session, limit) is Outcome.FAIL,
    }
    for name, rule in RIVALS.items():
        rows[name] = lambda session, rule=rule: rule(*columns(session)[:2])  # type: ignore[misc]
    for name, says in rows.items():
        counts = []
        for regime in regimes:
            of_it = [each for each in sessions if regime in ("all", each["regime"]) and each["rounds_us"]]
            found = sum(says(each) for each in of_it)
            counts.append(f"{found} of {len(of_it)}")
        yield f"| {name} | {' | '.join(counts)} |"


def outcomes(sessions: Sequence[Recorded]) -> str:
    """`PASS 40, INCONCLUSIVE 3`: what the sessions said."""
    return ", ".join(f"{verdict} {count}" for verdict, count in Counter(s["verdict"] for s in sessions).most_common())


def power(
    sessions: Sequence[Recorded], slower: float, limit: float, budget_s: float, *, draws: int = 100, seed: int = 0
) -> int:
    """How many of `draws` simulated sessions find a planted slowdown within the budget.

    Each draws its rounds, in blocks of five, from one recorded session, whose checkouts keep their distance from each
    other; the head's are multiplied. A second session, drawn at random, confirms, and both share the budget. A round
    takes what it took in the record. Sessions with fewer than `FEWEST_ROUNDS` are not drawn from.
    """
    rng = np.random.default_rng(seed)
    usable = long_enough(sessions)
    return sum(
        all(_finds(usable[int(at)], slower, limit, budget_s / 2, rng) for at in (draw, rng.integers(len(usable))))
        for draw in np.arange(draws) % max(1, len(usable))
        if usable
    )


def long_enough(sessions: Sequence[Recorded]) -> list[Recorded]:
    """Those that rounds of longer ones may be drawn from."""
    return [each for each in sessions if len(each["rounds_us"]) >= FEWEST_ROUNDS and each["rounds_s"]]


def _finds(session: Recorded, slower: float, limit: float, budget_s: float, rng: np.random.Generator) -> bool:
    base, head, control = columns(session)
    rounds = int(min(budget_s / (session["rounds_s"] / len(base)), 2000))
    starts = rng.integers(0, max(1, len(base) - 5), rounds // 5 + 1)
    order = np.concatenate([np.arange(start, start + 5) for start in starts])[:rounds] % len(base)
    for count in (15, 20, 30, 45, 60, 90, 120, 180, 250, 350, 500, 700, 1000, 1400, 2000):
        taken = order[: min(count, rounds)]
        # Recorded rounds come again and again: a millionth keeps them from being exactly equal, as no real ones are.
        unlike, other = 1 + 1e-6 * rng.random((2, len(taken)))
        compared = speedup(base[taken], head[taken] * (1 + slower) * unlike, control[taken] * other, alpha=0.01)
        if judge(compared, 1 / (1 + limit)).outcome is Outcome.FAIL:
            return True
        if count >= rounds:
            return False
    return False


def _once(session: Recorded, limit: float) -> Outcome:
    base, head, control = columns(session)
    return judge(speedup(base, head, control, alpha=0.01), 1 / (1 + limit)).outcome
