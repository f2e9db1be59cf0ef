"""Two small pictures for the document. They are left out if matplotlib is not installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from studies.study import SectionResult


def false_alarm_bars(path: Path, found: SectionResult, alpha: float) -> bool:
    """Share of equal arms called different, by noise and rule. Returns False if matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    alarms = found.figures
    rules = list(next(iter(alarms.values())))
    width = 0.8 / len(rules)
    for at, rule in enumerate(rules):
        places = [number + (at - (len(rules) - 1) / 2) * width for number in range(len(alarms))]
        axes.bar(places, [100 * shares[rule] for shares in alarms.values()], width, label=rule)
    axes.axhline(100 * alpha, color="black", linewidth=0.8, linestyle="--")
    axes.set_xticks(range(len(alarms)), list(alarms), rotation=20, ha="right")
    axes.set_ylabel("equal arms called different, %")
    axes.legend(ncols=3, fontsize="small", frameon=False)
    _save(figure, path)
    return True


def pairs_curve(path: Path, found: SectionResult, _alpha: float) -> bool:
    """Median pairs to a verdict by effect in spreads of a pair. Returns False if matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    for kind, medians in found.figures.items():
        points = sorted((float(distance), pairs) for distance, pairs in medians.items())
        axes.plot([distance for distance, _ in points], [pairs for _, pairs in points], marker="o", label=kind)
    axes.legend(frameon=False)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("distance from the limit, in spreads of a pair")
    axes.set_ylabel("pairs to a verdict (median)")
    axes.grid(visible=True, which="both", linewidth=0.3)
    _save(figure, path)
    return True


def _save(figure: object, path: Path) -> None:
    """Without dates and random ids, so that an unchanged study leaves an unchanged file."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "jitgate", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})  # type: ignore[attr-defined]
