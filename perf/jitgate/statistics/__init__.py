"""Pure numbers: pairs in, an interval and one of four outcomes out. numpy and scipy only, nothing else of jitgate."""

from jitgate.statistics.alpha_sharing import level_per_gate
from jitgate.statistics.amdahl import Prediction, predict
from jitgate.statistics.comparison import Speedup, speedup
from jitgate.statistics.decision import Decision, Outcome, judge
from jitgate.statistics.durations import DurationsError
from jitgate.statistics.growth import Growth, growth
from jitgate.statistics.interval import Interval, finite
from jitgate.statistics.modes import RoundModes, round_modes
from jitgate.statistics.ordinary import ordinary_ratio
from jitgate.statistics.payback import Payback, payback
from jitgate.statistics.roofline import PeakRates, RooflineBound, RooflineTime, roofline_efficiency, roofline_time
from jitgate.statistics.sequential import first_decision, look_due, looks
from jitgate.statistics.single import single_ratio
from jitgate.statistics.steadiness import WarmUp, steady, warm_up
from jitgate.statistics.tails import fewest_calls, tail, tail_speedup

__all__ = [
    "Decision",
    "DurationsError",
    "Growth",
    "Interval",
    "Outcome",
    "Payback",
    "PeakRates",
    "Prediction",
    "RooflineBound",
    "RooflineTime",
    "RoundModes",
    "Speedup",
    "WarmUp",
    "fewest_calls",
    "finite",
    "first_decision",
    "growth",
    "judge",
    "level_per_gate",
    "look_due",
    "looks",
    "ordinary_ratio",
    "payback",
    "predict",
    "roofline_efficiency",
    "roofline_time",
    "round_modes",
    "single_ratio",
    "speedup",
    "steady",
    "tail",
    "tail_speedup",
    "warm_up",
]
