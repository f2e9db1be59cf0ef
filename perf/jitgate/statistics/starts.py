"""What the next start of the workers may change, and how an interval covers it (`processes = "auto"`).

A start moves every worker for good: memory layout, placement of threads, a clock rate. Rounds of one set of processes
cannot show it, however many there are. Three arms are started at once, so a set j of processes gives two figures, on
the log scale and free of what moves all three:

    u_j = (baseline + control) / 2 - candidate     what is asked for, plus what this start adds
    v_j = baseline - control                       nothing, plus what this start adds

Assumed: what a start adds to an arm is independent of all else, and normal. Then u_j scatters about the truth by
1.5 s^2 and v_j about zero by 2 s^2, where s is the scatter of one arm, and the two are independent.

- One set, and three: `s` is at most `START_SPREAD`, and the control's is the candidate's. Let u be the mean of the
  u_j times sqrt(k), v the root mean square of the v_j. A truth at the limit is called wrong only where |u| exceeds
  both a bound and `CONTROL_FACTOR` |v|; the bound is chosen so that this has the probability that is spent.
- From five sets on, nothing is assumed of `s`, nor that the candidate scatters like the control: Student's t over the
  u_j (Kalibera and Jones, ISMM 2013). It is at least as wide as Student's t over u_j and v_j together: a few starts
  that agree by luck (two modes: half of all starts agree) are not believed where the control shows scatter.

Looks are at `LOOKS` sets alone, and alpha is shared among them (Bonferroni), so it holds for all of them together,
whenever one stops. With other numbers of sets the last look's bounds stand. Sets are whole before they count: how many
rounds a set has is decided by scatter and distance, not by a verdict.

Two modes that rounds of the first sets are seen to stay in widen the interval to their distance.

Not covered by one set or three: starts that scatter by more than `START_SPREAD`, and modes further apart than the
bound. `docs/validation.md` counts both. Rounds within sets keep the bounds that they have without starts, so the
interval is the wider one at both ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from jitgate.statistics import walsh
from jitgate.statistics.lazy_numpy import np
from jitgate.statistics.modes import round_modes

if TYPE_CHECKING:
    from numpy.typing import NDArray

START_SPREAD = 0.03
"""Standard deviation of one arm from start to start, at most. Copies of a model were 5.1 % apart in the worst of the
recorded rounds, which is 3.6 % an arm, and 0.5 % in most."""

CONTROL_FACTOR = 4.0
"""How far a candidate must be from the limit, in distances of the control from the baseline: a start that moves the
control shows that starts move arms. More would make the control's own noise decide."""

LOOKS = {1: 0.45, 3: 0.05, 5: 0.15, 8: 0.2}
"""Sets of processes at which there is a look -> its share of alpha. Most gates are far from their limit, and the first
look is to decide them. The rest of alpha is for the rounds of the first set: there is a look after each of them, and by
simulation at alpha 1 % half as many again are wrong as at one."""

STUDENT_FROM = 5
"""Sets from which their own scatter is known: with three, Student's t at 0.1 % is 32 standard deviations."""

MOST_SETS = max(LOOKS)


@dataclass(frozen=True)
class BetweenStarts:
    """centre, half: of the interval for what is asked for, natural logarithms. sets: those that were looked at.

    assumed: whether the half-width rests on `START_SPREAD`, and not on the scatter of the sets.
    scatter: standard deviation of a set's figure about the others'; 0.0 for one set.
    """

    centre: float
    half: float
    sets: int
    assumed: bool
    scatter: float

    @property
    def low(self) -> float:
        return self.centre - self.half

    @property
    def high(self) -> float:
        return self.centre + self.half


def between_starts(
    asked: NDArray[np.float64],
    control: NDArray[np.float64],
    sets: NDArray[np.intp] | None,
    alpha: float,
    *,
    shared: bool = True,
) -> BetweenStarts:
    """Interval for the log-ratio that holds for the next start too.

    asked, control: of every round, what the u_j and the v_j of the module's docstring are of, shape `(n,)`. sets:
    number of the set of processes of each round, in order; None for one. alpha: for all looks together. shared:
    whether the control is one of the arms that the u_j are of; else they are of two arms, and scatter by 2 s^2.
    """
    labels = np.zeros(len(asked), dtype=np.intp) if sets is None else sets
    rounds = [labels == number for number in np.unique(labels)]
    counted = rounds[: max(look for look in LOOKS if look <= len(rounds))]
    u, v = ([walsh.bounds(series[each], 0).estimate for each in counted] for series in (asked, control))
    scale = 1.0 if shared else math.sqrt(0.75)
    found = of_sets(scale * np.array(u), np.array(v), alpha)
    found = replace(found, centre=found.centre / scale, half=found.half / scale, scatter=found.scatter / scale)
    if not found.assumed:
        return found
    return replace(found, half=max(found.half, _sticky(asked), _sticky(control)))


def of_sets(u: NDArray[np.float64], v: NDArray[np.float64], alpha: float) -> BetweenStarts:
    """The same from the figures of each set, shape `(sets,)`, a number of sets in `LOOKS`."""
    count, centre = len(u), float(u.mean())
    level = LOOKS[count] * alpha
    squares = float(((u - centre) ** 2).sum())
    scatter = math.sqrt(squares / (count - 1)) if count > 1 else 0.0
    if count < STUDENT_FROM:
        half = max(start_bound(count, level), CONTROL_FACTOR * math.sqrt(float((v**2).mean())))
    else:
        together = math.sqrt((squares + 0.75 * float((v**2).sum())) / (2 * count - 1))
        half = max(student(count - 1, level) * scatter, student(2 * count - 1, level) * together)
    return BetweenStarts(centre, half / math.sqrt(count), count, count < STUDENT_FROM, scatter)


@lru_cache(maxsize=256)
def start_bound(sets: int, level: float) -> float:
    """The bound of the module's docstring, a log-ratio: of |u|, which with |u| > `CONTROL_FACTOR` |v| has probability
    `level` where every arm of a start scatters by `START_SPREAD`."""
    from scipy.special import chdtr

    deviations = np.linspace(0.0, 12.0, 24_001)
    # For each |u|: the probability that the root mean square of `sets` control's offsets is small enough.
    small = chdtr(sets, sets * 0.75 * (deviations / CONTROL_FACTOR) ** 2)
    density = math.sqrt(2 / math.pi) * np.exp(-(deviations**2) / 2) * small
    beyond = np.cumsum(density[::-1])[::-1] * (deviations[1] - deviations[0])
    return float(deviations[np.argmax(beyond <= level)]) * START_SPREAD * math.sqrt(1.5)


def _sticky(series: NDArray[np.float64]) -> float:
    """How far apart two modes are in which rounds stay: the next start may be in the other one. 0.0 without."""
    modes = round_modes(np.exp(series))
    return math.log1p(modes.gap) if modes is not None and modes.sticky else 0.0


@lru_cache(maxsize=256)
def student(freedom: int, level: float) -> float:
    """Two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - level / 2))
