"""The encoder at its true size and a narrow one, with seeded weights; built once, as tests leave them as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder

REFERENCE = Path(__file__).parents[1] / "reference" / "cosyvoice2_flow_encoder.json"


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(REFERENCE.read_text())
    return loaded


@pytest.fixture(scope="session")
def encoder() -> FlowEncoder:
    return build_seeded(FlowEncoder)


@pytest.fixture(scope="session")
def narrow() -> FlowEncoder:
    """The same graph, narrow enough for tests in which the width doesn't matter."""
    return build_seeded(lambda: FlowEncoder(width=32, heads=2, feed_forward=64))
