"""Pure numbers: pairs in, an interval and one of four answers out. numpy and scipy only, nothing else of perf."""

from perf.statistics.amdahl import Prediction, predict
from perf.statistics.comparison import Speedup, speedup
from perf.statistics.durations import DurationsError
from perf.statistics.growth import Growth, growth
from perf.statistics.interval import Interval
from perf.statistics.judgement import Answer, Judgement, judge
from perf.statistics.payback import Payback, payback
from perf.statistics.roofline import Bound, Ceiling, Limit, limit_of, nearness
from perf.statistics.sequential import first_decision, look_due, looks
from perf.statistics.session import level_per_gate
from perf.statistics.single import single_ratio
from perf.statistics.steadiness import steady
from perf.statistics.tails import fewest_calls, tail, tail_speedup
from perf.statistics.warmup import WarmUp, warm_up

__all__ = [
    "Answer",
    "Bound",
    "Ceiling",
    "DurationsError",
    "Growth",
    "Interval",
    "Judgement",
    "Limit",
    "Payback",
    "Prediction",
    "Speedup",
    "WarmUp",
    "fewest_calls",
    "first_decision",
    "growth",
    "judge",
    "level_per_gate",
    "limit_of",
    "look_due",
    "looks",
    "nearness",
    "payback",
    "predict",
    "single_ratio",
    "speedup",
    "steady",
    "tail",
    "tail_speedup",
    "warm_up",
]
