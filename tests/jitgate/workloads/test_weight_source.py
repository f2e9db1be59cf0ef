"""How a factory, which takes no argument, learns where its weights come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate.model.requests import OpenModel
from jitgate.model.wire import pack_request, unpack_request
from jitgate.worker.factories import build_workload
from jitgate.workloads.spec import WorkloadSpec
from jitgate.workloads.weight_source import OURS, WeightSource, current, entered, note_read

from tests.jitgate.pool.models import seen


@pytest.mark.parametrize(
    "weight_source", [OURS, WeightSource(Path("a b"), None, ("flow.pt",)), WeightSource(checkout=Path("c"))]
)
def test_it_goes_to_a_worker_and_back(weight_source: WeightSource) -> None:
    spec = WorkloadSpec("tiny", "my:tiny", (), (), weight_source=weight_source)
    assert unpack_request(pack_request(spec.recipe())) == OpenModel(
        "my:tiny", "jitgate", weight_source.checkpoint, weight_source.checkout, weight_source.files
    )


def test_it_stands_while_a_factory_runs_and_no_longer(tmp_path: Path) -> None:
    weight_source = WeightSource(checkpoint=tmp_path)
    seen.clear()
    build_workload("tests.jitgate.pool.models:curious_factory", "here", weight_source)
    assert seen == [weight_source]
    assert current() == OURS
    with pytest.raises(UsageError, match=r"weights\.pt"):
        build_workload("tests.jitgate.pool.models:raising_factory", "here", weight_source)
    assert current() == OURS, "also after a factory that fails"


def test_what_is_read_is_noted_for_the_innermost() -> None:
    note_read("nobody.pt")
    with entered(OURS) as outer, entered(WeightSource(checkpoint=Path("b"))) as inner:
        note_read("flow.pt")
    assert (outer.files, inner.files) == (set(), {"flow.pt"})


def test_a_factory_that_does_not_read_what_it_should_is_refused(tmp_path: Path) -> None:
    weight_source = WeightSource(tmp_path, None, ("flow.pt",))
    with pytest.raises(UsageError, match=r"has not read flow\.pt of .*; read them with jitgate\.load_weights"):
        build_workload("tests.jitgate.pool.models:curious_factory", "here", weight_source)
