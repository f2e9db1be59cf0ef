"""The study's sections: each runs its simulations and returns a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics import Outcome, judge, speedup, tail
from jitgate.statistics.boundary import EXACT_PAIRS, null_distribution
from jitgate.statistics.sequential import positive_averages
from scipy.special import ndtri

from studies.candidates import CANDIDATES
from studies.noise import BIAS, MEMORY, NOISES, PAIR_SPREAD, Noise, Rounds, autoregressive, interleaved, sequential
from studies.ours import watch
from studies.rivals import RIVALS
from studies.study import ROUNDS, SectionResult, Study, chunks, row

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAILS = (0.95, 0.99)
TAIL_CALLS, TAIL_LOOKS = 600, 20  # calls of an arm, and calls from one look to the next
LONG = 1000  # rounds, where a measurement runs on and on
BLOCK_ROUNDS = 60  # calls of each arm in the comparison with other tools: what a patient user times


def false_alarms(study: Study) -> SectionResult:
    """A/A measurements under each noise model, judged against 1.0 after every round."""
    lines = ["| noise | wrong PASS | wrong FAIL | either |", "| --- | ---: | ---: | ---: |"]
    shares = {}
    for number, noise in enumerate(NOISES):
        study.say(f"false alarms: {noise.name}")
        wrong_pass = wrong_fail = 0
        rng = study.generator(1, number)
        for size in chunks(study.measurements):
            outcome = watch(interleaved(noise, rng, size, ROUNDS), 1.0, study.alpha, final_intervals=False)
            wrong_pass += int(np.sum(outcome.answer == Outcome.PASS))
            wrong_fail += int(np.sum(outcome.answer == Outcome.FAIL))
        either = (wrong_pass + wrong_fail) / study.measurements
        shares[noise.name] = {"ours": either}
        cells = f"{wrong_pass / study.measurements:.2%} | {wrong_fail / study.measurements:.2%} | {either:.2%}"
        lines.append(f"| {noise.name}: {noise.says} | {cells} |")
    return SectionResult(lines, shares)


def limits(study: Study) -> SectionResult:
    """The same where the noise is worse than the guarantee reckons with."""
    lines = ["| noise | wrong PASS or FAIL |", "| --- | ---: |"]
    series = study.runs // 2
    for number, strength in enumerate((0.2, 0.4, 0.7, 0.8, 0.9)):
        study.say(f"limits: memory {strength}")
        rng = study.generator(2, number)
        arms = np.stack([autoregressive(rng, series, ROUNDS, strength) for _ in range(2)])
        outcome = watch(Rounds(np.exp(arms[0]), np.exp(arms[1]), None), 1.0, study.alpha, final_intervals=False)
        lines.append(f"| memory {strength:.1f} | {outcome.share(Outcome.PASS, Outcome.FAIL):.1%} |")
    study.say("limits: many rounds")
    rounds = interleaved(NOISES[0], study.generator(11), series, LONG)
    outcome = watch(rounds, 1.0, study.alpha, final_intervals=False)
    lines.append(f"| none, but {LONG} rounds | {outcome.share(Outcome.PASS, Outcome.FAIL):.1%} |")
    for number, processes in enumerate((1, 5)):
        study.say(f"limits: random bias, {processes} processes")
        rng = study.generator(10, number)
        logs = np.stack([NOISES[0].calls(rng, series, ROUNDS) for _ in range(3)])
        logs += np.repeat(rng.normal(0, BIAS, (3, series, processes)), ROUNDS // processes, axis=2)
        labels = np.repeat(np.arange(processes), ROUNDS // processes)
        wrong = 0
        for baseline, candidate, control in np.moveaxis(np.exp(logs), 1, 0):
            found = speedup(baseline, candidate, control, alpha=study.alpha, processes=labels)
            wrong += judge(found, 1.0).outcome in (Outcome.PASS, Outcome.FAIL)
        says = "one process" if processes == 1 else f"{processes} processes"
        lines.append(f"| random bias of {BIAS:.0%}, control, {says}, one look at the end | {wrong / series:.1%} |")
    return SectionResult(lines)


@dataclass(frozen=True)
class Effect:
    spread: float
    ratio: float
    threshold: float


EFFECTS = (
    Effect(0.05, 1.03, 1.0),
    Effect(0.05, 1 / 1.03, 1.0),
    Effect(0.05, 1.15, 1.10),
    Effect(0.05, 1.22, 1.10),
    Effect(0.05, 1.10, 1.0),
    Effect(0.015, 1.22, 1.10),
    Effect(0.015, 1.03, 1.0),
)


def power(study: Study) -> SectionResult:
    """Pairs to a verdict, and what a signed-rank test of fixed size needs at the same level: for 95 % power, and for
    as much power as ours has, which is how sequential and fixed rules are compared (Wald 1945)."""
    lines = [
        row(
            "spread truth limit control median mean 95_% 12_/_24_/_32_/_200 wrong least fixed mean_/_fixed "
            "95_%_/_fixed equal mean_/_equal"
        ),
        "| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    normal = NOISES[0]
    medians: dict[str, dict[str, float]] = {"pairs alone": {}, "with control": {}}
    for number, effect in enumerate(EFFECTS):
        fixed = _fixed_size(math.log(effect.ratio / effect.threshold) / effect.spread, study)
        for control in (False, True):
            study.say(f"power: {effect.ratio:.3f} against {effect.threshold:.2f}{', with control' if control else ''}")
            rng = study.generator(3, number, control)
            noise = Noise(normal.name, normal.says, normal.calls, None, 1e-12) if control else normal
            runs = study.runs if control else study.measurements  # equal power needs many: ours misses next to none
            rounds = interleaved(noise, rng, runs, 2 * ROUNDS, effect.ratio, effect.spread / PAIR_SPREAD)
            outcome = watch(rounds, effect.threshold, study.alpha, final_intervals=False)
            pairs = np.where(outcome.decided, outcome.pairs, np.inf)
            wrong = outcome.share(Outcome.FAIL if effect.ratio > effect.threshold else Outcome.PASS)
            late = float(np.quantile(pairs, 0.95, method="higher"))
            mean = float(np.mean(np.minimum(pairs, 2 * ROUNDS)))
            shares = " / ".join(f"{np.mean(pairs <= n):.1%}" for n in (12, 24, 32, 200))
            distance = abs(math.log(effect.ratio / effect.threshold)) / effect.spread
            equal = _equal_size(rounds, effect, float(np.mean(pairs <= 2 * ROUNDS)), study.alpha)
            medians["with control" if control else "pairs alone"][f"{distance:.3f}"] = float(np.median(pairs))
            lines.append(
                f"| {effect.spread:.1%} | {effect.ratio:.3f} | {effect.threshold:.2f} | {'yes' if control else 'no'} "
                f"| {np.median(pairs):.0f} | {mean:.0f} | {late:.0f} | {shares} | {wrong:.2%} "
                f"| {least_pairs(distance, study.alpha)} | {fixed} | {mean / fixed:.2f} | {late / fixed:.2f} "
                f"| {equal} | {mean / equal:.2f} |"
            )
    return SectionResult(lines, medians)


def least_pairs(distance: float, alpha: float, power: float = 0.95) -> int:
    """Pairs below which no sequential rule of that power can stay in the mean, if it must also be right about pairs
    that remember their neighbours by up to MEMORY, and does not know how much pairs scatter.

    distance: of truth and limit, in spreads of a pair. A rule collects log(1 / error) of evidence against the memory
    that explains its pairs best (Wald, Ann. Math. Statist. 16, 1945); independent pairs give it Kullback and Leibler's
    divergence, here between normal series, at the scatter that makes it least.
    """
    error = alpha / 2
    wanted = power * math.log(power / error) + (1 - power) * math.log((1 - power) / (1 - error))
    memories = np.arange(0.0, MEMORY + 0.01, 0.05)
    for n in range(2, 10_000):
        # Trace and sum of the inverse correlation matrix of a first-order autoregression, and its log-determinant.
        trace = (n + (n - 2) * memories**2) / (1 - memories**2)
        total = (n - (n - 2) * memories) / (1 + memories)
        evidence = (n * np.log((trace + distance**2 * total) / n) + (n - 1) * np.log1p(-(memories**2))) / 2
        if evidence.min() >= wanted:
            return n
    return 10_000


def coverage(study: Study) -> SectionResult:
    """Is the truth inside the interval at the stop? Stopped by three different limits, or by the end of the rounds."""
    limits = (1.0, 1.10, 1.15)
    lines = [
        "| noise | " + " | ".join(f"truth 1.15, stopped by {limit:.2f}" for limit in limits) + " |",
        "| --- |" + " ---: |" * len(limits),
    ]
    for number, noise in enumerate(NOISES):
        shares = []
        for at, limit in enumerate(limits):
            study.say(f"coverage: {noise.name}, limit {limit:.2f}")
            inside = 0
            rng = study.generator(4, number, at)
            for size in chunks(study.runs):
                outcome = watch(interleaved(noise, rng, size, ROUNDS, 1.15), limit, study.alpha)
                inside += int(np.sum((outcome.low <= 1.15) & (outcome.high >= 1.15)))
            shares.append(f"{inside / study.runs:.2%}")
        lines.append(f"| {noise.name} | " + " | ".join(shares) + " |")
    return SectionResult(lines)


def tails(study: Study) -> SectionResult:
    """Are the bounds of p95 and p99 right at every look? Models that change over time have no one percentile."""
    lines = ["| noise | p95 missed | p99 missed |", "| --- | ---: | ---: |"]
    series = study.runs // 2
    looks = range(TAIL_LOOKS, TAIL_CALLS + 1, TAIL_LOOKS)
    for number, noise in enumerate(noise for noise in NOISES if noise.machine is None and not noise.bias):
        study.say(f"tails: {noise.name}")
        truths = np.quantile(np.exp(noise.calls(study.generator(12, number), 200, 2000)), TAILS)
        missed = np.zeros(len(TAILS))
        for durations in np.exp(noise.calls(study.generator(13, number), series, TAIL_CALLS)):
            for at, (quantile, truth) in enumerate(zip(TAILS, truths, strict=True)):
                bounds = (tail(durations[:n], quantile, alpha=study.alpha) for n in looks)
                missed[at] += any(not found.low <= truth <= found.high for found in bounds)
        lines.append(f"| {noise.name} | " + " | ".join(f"{share:.2%}" for share in missed / series) + " |")
    return SectionResult(lines)


def against_others(study: Study) -> SectionResult:
    """Ours and the field's rules for the same number of timed calls: false alarms, and slow candidates missed."""
    lines = [
        "| noise | truth | ours (INVALID) | " + " | ".join(rival.name for rival in RIVALS) + " |",
        "| --- | --- | ---: |" + " ---: |" * len(RIVALS),
    ]
    alarms: dict[str, dict[str, float]] = {}
    for number, noise in enumerate(NOISES):
        for at, (ratio, says) in enumerate(
            ((1.0, "equal: called different"), (1 / 1.03, "3 % slower: missed"), (1 / 1.12, "12 % slower: missed"))
        ):
            study.say(f"other tools: {noise.name}, {says}")
            rng = study.generator(5, number, at)
            paired = interleaved(noise, rng, study.runs, BLOCK_ROUNDS, ratio)
            blocks = sequential(noise, rng, study.runs, BLOCK_ROUNDS, ratio)
            ours = watch(paired, 1.0, study.alpha)
            shares = [ours.share(Outcome.PASS, Outcome.FAIL) if ratio == 1.0 else 1 - ours.share(Outcome.FAIL)]
            for rival in RIVALS:
                called = rival.calls(paired if rival.paired else blocks, study.alpha)
                shares.append(float(np.mean(called != 0) if ratio == 1.0 else np.mean(called != 1)))
            if ratio == 1.0:
                alarms[noise.name] = dict(zip(["ours", *(rival.name for rival in RIVALS)], shares, strict=True))
            invalid = f" ({ours.share(Outcome.INVALID):.1%})" if noise.bias else ""
            lines.append(
                f"| {noise.name} | {says} | {shares[0]:.1%}{invalid} | "
                + " | ".join(f"{s:.1%}" for s in shares[1:])
                + " |"
            )
    return SectionResult(lines, alarms)


def compared_rules(study: Study) -> SectionResult:
    """The rules that were candidates for ours, on pairs: false alarms within ROUNDS, and pairs to a decision."""
    lines = [
        row("rule iid t(3) AR(1)_0.6 bursts 1.03_against_1.00 1.15_against_1.10 1.22_against_1.10"),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    nulls = [noise for noise in NOISES if noise.name in ("iid normal", "Student t(3)", "AR(1) 0.6", "bursts")]
    for name, rule in CANDIDATES.items():
        study.say(f"rules: {name}")
        cells = []
        for number, noise in enumerate(nulls):
            hits = 0
            rng = study.generator(6, number)
            for size in chunks(study.runs):
                hits += int(rule(_log_ratios(interleaved(noise, rng, size, ROUNDS)), study.alpha).any(axis=1).sum())
            cells.append(f"{hits / study.runs:.2%}")
        for number, ratio in enumerate((1.03, 1.15 / 1.10, 1.22 / 1.10)):
            rounds = interleaved(NOISES[0], study.generator(7, number), study.runs, ROUNDS, ratio)
            decided = rule(_log_ratios(rounds), study.alpha)
            pairs = np.where(decided.any(axis=1), decided.argmax(axis=1) + 1.0, np.inf)
            cells.append(f"{np.median(pairs):.0f} / {np.quantile(pairs, 0.95, method='higher'):.0f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return SectionResult(lines)


def _log_ratios(rounds: Rounds) -> NDArray[np.float64]:
    return np.log(rounds.baseline) - np.log(rounds.candidate)


def _fixed_size(effect: float, study: Study) -> int:
    """Pairs for 95 % power of the two-sided signed-rank test at level alpha; `effect` in spreads of a pair."""
    rng = study.generator(8, round(1000 * abs(effect)))
    counts = positive_averages(rng.normal(abs(effect), 1, (4000, ROUNDS)))
    for n in range(2, ROUNDS + 1):
        limit = _fixed_limit(n, study.alpha)
        if limit >= 0 and float(np.mean(counts[:, n - 1] >= n * (n + 1) // 2 - limit)) >= 0.95:
            return n
    return ROUNDS


def _equal_size(rounds: Rounds, effect: Effect, power: float, alpha: float) -> int:
    """Pairs at which the signed-rank test of fixed size misses as few of these measurements as ours, of `power`."""
    towards = math.copysign(1.0, effect.ratio - effect.threshold)
    counts = positive_averages(towards * (_log_ratios(rounds) - math.log(effect.threshold)))
    longest = int(counts.shape[1])
    for n in range(2, longest + 1):
        limit = _fixed_limit(n, alpha)
        if limit >= 0 and float(np.mean(counts[:, n - 1] >= n * (n + 1) // 2 - limit)) >= power:
            return n
    return longest


def _fixed_limit(n: int, alpha: float) -> int:
    if n <= EXACT_PAIRS:
        return int(np.searchsorted(null_distribution(n), alpha / 2, side="right")) - 1
    return math.floor(n * (n + 1) / 4 + float(ndtri(alpha / 2)) * math.sqrt(n * (n + 1) * (2 * n + 1) / 24) - 0.5)
