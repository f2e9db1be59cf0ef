"""What is the head's, what is a checkout's, and what an arm takes from the head all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.model.source_tree import Origin, SourceTree

HEAD = Path("/work")
TREE = SourceTree("base", HEAD / ".jitgate/trees/abc/a", HEAD, "abc", own=(HEAD / "env",))


@pytest.mark.parametrize(
    ("place", "is_head"),
    [
        ("/work/src/toy/model.py", True),
        ("/work/.jitgate/trees/abc/a/src/toy/model.py", False),
        ("/work/.jitgate/trees/abc/b/src/toy/model.py", False),
        ("/work/env/lib/toy.py", False),
        ("/work/venv/lib/python3.11/site-packages/toy.py", False),
        ("/elsewhere/toy.py", False),
    ],
)
def test_the_head_is_the_project_alone(place: str, is_head: bool) -> None:
    assert TREE.is_of_head(place) is is_head


@pytest.mark.parametrize(
    ("measured", "factory", "kept"),
    [
        # A package of benchmarks of its own: whole from the head.
        (
            {"toy.model": "/work/src/toy/model.py"},
            {"bench.models": "/work/bench/models.py", "bench": "/work/bench/__init__.py"},
            {"bench": "/work/bench/__init__.py"},
        ),
        # In the measured package: its file alone.
        (
            {"toy.model": "/work/src/toy/model.py"},
            {"toy.perf": "/work/src/toy/perf.py", "toy": "/work/src/toy/__init__.py"},
            {"toy.perf": "/work/src/toy/perf.py"},
        ),
        # It makes the model itself: then it is what is measured.
        ({"models": "/work/models.py"}, {"models": "/work/models.py"}, {}),
        ({}, {"models": "/work/models.py"}, {}),
        ({"timm.x": "/v/site-packages/timm/x.py"}, {"models": "/work/models.py"}, {}),
    ],
)
def test_benchmarks_are_the_heads_and_the_model_is_the_checkouts(
    measured: dict[str, str], factory: dict[str, str], kept: dict[str, str]
) -> None:
    assert Origin(measured, factory).from_head(TREE) == kept
