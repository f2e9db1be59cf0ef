"""The policy of a project that only names this plugin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jitgate.config.policy import Policy
from jitgate.config.table import parse_policy
from jitgate_cosyvoice.registry import offered

from tests.jitgate.results import KINDS


def cosyvoice_policy(**changes: Any) -> Policy:
    """The defaults with `changes` of single fields."""
    return replace(parse_policy({}, "the defaults", KINDS, offered()), **changes)
