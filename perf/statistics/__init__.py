"""Pure numbers: pairs in, an interval and one of four answers out. numpy and scipy only, nothing else of perf."""

from perf.statistics.amdahl import Prediction, predict
from perf.statistics.comparison import Speedup, speedup
from perf.statistics.durations import DurationsError
from perf.statistics.growth import Growth, growth
from perf.statistics.interval import Interval
from perf.statistics.judgement import Answer, Judgement, judge
from perf.statistics.sequential import first_decision, look_due, looks
from perf.statistics.session import level_per_gate
from perf.statistics.steadiness import steady
from perf.statistics.tails import fewest_calls, tail, tail_speedup

__all__ = [
    "Answer",
    "DurationsError",
    "Growth",
    "Interval",
    "Judgement",
    "Prediction",
    "Speedup",
    "fewest_calls",
    "first_decision",
    "growth",
    "judge",
    "level_per_gate",
    "look_due",
    "looks",
    "predict",
    "speedup",
    "steady",
    "tail",
    "tail_speedup",
]
