"""What both generations' pipelines are held to."""

from __future__ import annotations

import torch
from jitgate.worker.stages import PipelineStages
from jitgate.workloads.stage import Stage
from jitgate.workloads.workload import Workload


def check_stage_calls(tiny: Workload) -> None:
    """An exported file serves what was said; another kind of call would find no file, another length a fixed one."""
    short = {name: tiny.scenarios[name] for name in ("1s", "stream_5s")}
    recorded = Workload(tiny.module, short, stages={name: Stage(stage.path) for name, stage in tiny.stages.items()})
    with torch.inference_mode():
        found = {name: PipelineStages(recorded).content(name) for name in tiny.stages}
    said = {name: PipelineStages(tiny).content(name) for name in tiny.stages}
    for name in tiny.stages:
        assert found[name].weights == said[name].weights
        assert found[name].signatures == {scenario: said[name].signatures[scenario] for scenario in short}
        assert found[name].spread == said[name].spread
