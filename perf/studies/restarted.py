"""`processes = "auto"` on simulated measurements: a start moves every arm, and workers are started again where that
decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from jitgate.statistics import Outcome, judge, speedup, walsh
from jitgate.statistics.need import LEAST_ROUNDS, set_size
from jitgate.statistics.starts import LOOKS, MOST_SETS, of_sets, start_bound

from studies.noise import NOISES, PAIR_SPREAD, Noise, Rounds, autoregressive
from studies.ours import may_decide, watch
from studies.study import SectionResult
from studies.tables import EFFECTS, Effect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studies.study import Study

    Matrix = NDArray[np.float64]

BUDGET = 400
"""Rounds of a measurement at most, all sets together; a set near its limit has at most an eighth."""

CHECKS = tuple(n for n in range(LEAST_ROUNDS, BUDGET) if n in (10, 12, 14, 17, 20, 24, 29, 35, 42) or n % 50 == 0)
"""Rounds of the first set after which the simulation asks whether to start again; a session asks after each, and
plans with the autocorrelation that it sees."""

SetsOfRounds = Callable[[np.random.Generator, int, int], "Matrix"]
"""(generator, sets of processes, rounds) -> log-durations of baseline, candidate, control, `(3, sets, rounds)`."""


@dataclass(frozen=True)
class StartNoise:
    """covered: whether the verdict of one set claims to hold for it. biased: whether starts differ; such a line takes
    more measurements, since the others are hardly ever wrong."""

    name: str
    says: str
    draw: SetsOfRounds
    covered: bool = True
    biased: bool = False

    def measurements(self, runs: int) -> int:
        return 2 * runs // 3 if self.covered and self.biased else runs // 6


@dataclass(frozen=True)
class Restarted:
    """One entry a measurement, shape `(series,)`. pairs, sets: at the stop."""

    answer: NDArray[np.str_]
    pairs: NDArray[np.int64]
    sets: NDArray[np.int64]

    def share(self, *answers: Outcome) -> float:
        return float(np.mean(np.isin(self.answer, [str(answer) for answer in answers])))


def each_start(noise: Noise) -> SetsOfRounds:
    """A noise model of `studies.noise`, begun afresh by every start; a bias is one of the instance."""

    def draw(rng: np.random.Generator, sets: int, rounds: int) -> Matrix:
        logs = np.stack([noise.calls(rng, sets, rounds) for _ in range(3)])
        if noise.machine is not None:
            machine = noise.machine(rng, sets, rounds * 3).reshape(sets, rounds, 3)
            order = np.argsort(rng.random((sets, rounds, 3)), axis=2)
            logs += np.moveaxis(np.take_along_axis(machine, order, axis=2), 2, 0)
        if noise.bias:
            logs[1:] += np.log1p(noise.bias) * rng.choice([-1.0, 1.0], (2, sets, 1))
        return np.asarray(logs)

    return draw


def remembering(strength: float) -> SetsOfRounds:
    """Every arm remembers its last round, `strength` at lag 1."""
    return lambda rng, sets, rounds: np.stack([autoregressive(rng, sets, rounds, strength) for _ in range(3)])


def random_bias(*sizes: float) -> SetsOfRounds:
    """A start moves baseline, candidate and control by normal amounts of these standard deviations."""

    def draw(rng: np.random.Generator, sets: int, rounds: int) -> Matrix:
        moved = rng.normal(0.0, 1.0, (3, sets, 1)) * np.reshape(sizes, (3, 1, 1))
        return np.asarray(np.stack([NOISES[0].calls(rng, sets, rounds) for _ in range(3)]) + moved)

    return draw


def modes(gap: float, stay: int | None) -> SetsOfRounds:
    """Every arm is in one of two modes, `gap` apart: for good, or for `stay` rounds at a time."""

    def draw(rng: np.random.Generator, sets: int, rounds: int) -> Matrix:
        stays = 1 if stay is None else -(-rounds // stay) + 1
        drawn = np.repeat(rng.integers(0, 2, (3, sets, stays)), stay or rounds, axis=2)
        # Arms do not switch at the same moment.
        begun = rng.integers(0, stay, (3, sets, 1)) if stay else np.zeros((3, sets, 1), dtype=np.int64)
        slow = np.take_along_axis(drawn, begun + np.arange(rounds), axis=2)
        return np.asarray(np.stack([NOISES[0].calls(rng, sets, rounds) for _ in range(3)]) + np.log1p(gap) * slow)

    return draw


def measured(
    draw: SetsOfRounds,
    rng: np.random.Generator,
    series: int,
    threshold: float,
    alpha: float,
    *,
    ratio: float = 1.0,
    spread: float = 1.0,
) -> Restarted:
    """Many measurements as a session makes them; the candidate is truly `ratio` times as fast. spread: factor of all
    that `draw` draws."""
    answers = np.full(series, str(Outcome.INCONCLUSIVE), dtype="<U12")
    pairs, sets = np.zeros(series, dtype=np.int64), np.zeros(series, dtype=np.int64)

    def shifted(count: int, rounds: int) -> Matrix:
        logs = spread * draw(rng, count, rounds)
        logs[1] -= np.log(ratio)
        return np.asarray(np.exp(logs))

    first = shifted(series, BUDGET)
    flagged = may_decide(Rounds(np.sqrt(first[0] * first[2]), first[1], None), threshold, alpha)
    flagged[:, : LEAST_ROUNDS - 1] = False
    for at in range(series):
        answers[at], pairs[at], sets[at] = _one(
            first[:, at], flagged[at], lambda n: shifted(1, n)[:, 0], threshold, alpha
        )
    return Restarted(answers, pairs, sets)


def _one(
    first: Matrix, flagged: NDArray[np.bool_], another: Callable[[int], Matrix], threshold: float, alpha: float
) -> tuple[str, int, int]:
    """The first set, and then one after the other. `speedup` is asked only where what starts may change, which is quick
    to compute, does not already keep the limit inside."""
    share = BUDGET // MOST_SETS
    asked, control = _asked(first, threshold)
    near = start_bound(1, LOOKS[1] * alpha)
    for n in sorted({*(np.flatnonzero(flagged) + 1), *CHECKS, share, BUDGET}):
        if flagged[n - 1] and _outside([_centres(asked[:n], control[:n])], alpha):
            outcome = judge(speedup(*first[:, :n], alpha=alpha, starts=True), threshold).outcome
            if outcome in (Outcome.PASS, Outcome.FAIL):
                return str(outcome), n, 1
        distance, scatter = abs(float(asked[:n].mean())), float(asked[:n].std())
        is_near = distance + scatter / np.sqrt(n) < near
        if is_near and (n >= share or n >= set_size(scatter, distance, alpha)):
            break
    sets, centres, everything = [first[:, :n]], [_centres(asked[:n], control[:n])], asked[:n]
    while len(sets) < MOST_SETS and n + LEAST_ROUNDS <= BUDGET:
        size = max(LEAST_ROUNDS, min(share, BUDGET - n, set_size(scatter, distance, alpha)))
        sets.append(another(size))
        n += size
        asked, control = _asked(sets[-1], threshold)
        centres.append(_centres(asked, control))
        everything = np.concatenate((everything, asked))
        distance, scatter = abs(float(everything.mean())), float(everything.std())
        if _outside(centres, alpha):
            labels = np.repeat(np.arange(len(sets)), [each.shape[1] for each in sets])
            found = speedup(*np.concatenate(sets, axis=1), alpha=alpha, processes=labels, starts=True)
            outcome = judge(found, threshold).outcome
            if outcome in (Outcome.PASS, Outcome.FAIL):
                return str(outcome), n, len(sets)
    return str(Outcome.INCONCLUSIVE), n, len(sets)


def _asked(arms: Matrix, threshold: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is asked for, relative to the limit, and the control; see `jitgate.statistics.starts`."""
    baseline, candidate, control = np.log(arms)
    return (baseline + control) / 2 - candidate - np.log(threshold), baseline - control


def _centres(asked: NDArray[np.float64], control: NDArray[np.float64]) -> tuple[float, float]:
    return walsh.bounds(asked, 0).estimate, walsh.bounds(control, 0).estimate


def _outside(centres: Sequence[tuple[float, float]], alpha: float) -> bool:
    """Whether the limit is outside of what starts may change, as far as sets were looked at."""
    u, v = np.array(centres[: max(look for look in LOOKS if look <= len(centres))]).T
    found = of_sets(u, v, alpha)
    return not found.low < 0 <= found.high


COVERED = (
    *(StartNoise(noise.name, noise.says, each_start(noise), biased=bool(noise.bias)) for noise in NOISES),
    *(
        StartNoise(f"memory {m}", "every arm remembers its last round", remembering(m))
        for m in (0.2, 0.4, 0.7, 0.8, 0.9)
    ),
    StartNoise(
        "random bias of 3%", "a start moves every arm by a normal amount", random_bias(0.03, 0.03, 0.03), biased=True
    ),
    StartNoise(
        "random bias of 3%, candidate alone", "the control shows none of it", random_bias(0.0, 0.03, 0.0), biased=True
    ),
    StartNoise(
        "modes of 5% for 20 rounds", "every arm is in one of two modes, 20 of 60 rounds", modes(0.05, 20), biased=True
    ),
    StartNoise("modes of 5% for good", "every start of an arm is in one of two modes", modes(0.05, None), biased=True),
)
BEYOND = (
    StartNoise("random bias of 6%", "twice what one set allows for", random_bias(0.06, 0.06, 0.06), covered=False),
    StartNoise("modes of 15% for 20 rounds", "further apart than one set allows for", modes(0.15, 20), covered=False),
    StartNoise("modes of 15% for good", "further apart than one set allows for", modes(0.15, None), covered=False),
)


def wrong_verdicts(study: Study) -> SectionResult:
    """Equal arms under every kind of noise, with the number of sets open."""
    lines = [
        "| noise | one set, 60 rounds: wrong | auto: wrong | with 1 / 3 / 5 / 8 sets | of | mean sets | median pairs |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    shares = {}
    for number, noise in enumerate((*COVERED, *BEYOND)):
        row = study.remember(f"starts {noise.name}", partial(_row, study, number, noise))
        known = "-" if row["one_set"] is None else f"{row['one_set']:.1%}"
        by_sets = " / ".join(str(row["wrong_by_sets"][str(sets)]) for sets in LOOKS)
        says = f"{noise.name}: {noise.says}" + ("" if noise.covered else " (**not covered**)")
        counted = f"{by_sets} | {noise.measurements(study.runs)}"
        about = f"{says} | {known} | {row['wrong']:.2%}"
        lines.append(f"| {about} | {counted} | {row['sets']:.1f} | {row['pairs']:.0f} |")
        if noise.covered:
            shares[noise.name] = {"one set": row["one_set"] or 0.0, "auto": row["wrong"]}
    return SectionResult(lines, shares)


def _row(study: Study, number: int, noise: StartNoise) -> dict[str, Any]:
    study.say(f"starts: {noise.name}")
    rng = study.generator(20, number)
    found = measured(noise.draw, rng, noise.measurements(study.runs), 1.0, study.alpha)
    wrong = np.isin(found.answer, [str(Outcome.PASS), str(Outcome.FAIL)])
    one_set = None
    if number >= len(NOISES):  # the others are in the tables above
        arms = np.exp(noise.draw(rng, study.runs // 6, 60))
        outcome = watch(Rounds(arms[0], arms[1], arms[2]), 1.0, study.alpha, final_intervals=False)
        one_set = outcome.share(Outcome.PASS, Outcome.FAIL)
    return {
        "one_set": one_set,
        "wrong": float(wrong.mean()),
        "wrong_by_sets": {str(sets): int(np.sum(wrong & (found.sets == sets))) for sets in LOOKS},
        "sets": float(found.sets.mean()),
        "pairs": float(np.median(found.pairs)),
    }


def price(study: Study) -> SectionResult:
    """Pairs and sets to a verdict where starts change nothing, next to the rule for one set with a control."""
    lines = [
        "| spread | truth | limit | one set, median | auto, median | mean | 95 % | sets | in one | decided | wrong |",
        "| ---: |" + " ---: |" * 10,
    ]
    for number, effect in enumerate(EFFECTS):
        row = study.remember(f"price {number}", partial(_price, study, number, effect))
        lines.append(
            f"| {effect.spread:.1%} | {effect.ratio:.3f} | {effect.threshold:.2f} | {row['one_set']:.0f} "
            f"| {row['median']:.0f} | {row['mean']:.0f} | {row['late']:.0f} | {row['sets']:.1f} | {row['first']:.1%} "
            f"| {row['decided']:.1%} | {row['wrong']:.2%} |"
        )
    return SectionResult(lines)


def _price(study: Study, number: int, effect: Effect) -> dict[str, float]:
    study.say(f"price of starts: {effect.ratio:.3f} against {effect.threshold:.2f}")
    draw, factor = each_start(NOISES[0]), effect.spread / PAIR_SPREAD
    rng = study.generator(21, number)
    found = measured(draw, rng, study.runs // 3, effect.threshold, study.alpha, ratio=effect.ratio, spread=factor)
    decided = np.isin(found.answer, [str(Outcome.PASS), str(Outcome.FAIL)])
    pairs = np.where(decided, found.pairs, np.inf)
    arms = factor * draw(rng, study.runs // 6, BUDGET)
    arms[1] -= np.log(effect.ratio)
    rounds = Rounds(*np.exp(arms))
    one = watch(rounds, effect.threshold, study.alpha, final_intervals=False)
    return {
        "one_set": float(np.median(np.where(one.decided, one.pairs, np.inf))),
        "median": float(np.median(pairs)),
        "mean": float(found.pairs.mean()),
        "late": float(np.quantile(np.minimum(pairs, BUDGET), 0.95, method="higher")),
        "sets": float(found.sets.mean()),
        "first": float(np.mean(decided & (found.sets == 1))),
        "decided": float(decided.mean()),
        "wrong": found.share(Outcome.FAIL if effect.ratio > effect.threshold else Outcome.PASS),
    }
