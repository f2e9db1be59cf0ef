"""Asks the packages of a session, by the hooks of `jitgate.hooks`, what they bring to it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import pytest

    from jitgate.config.offered import Offered
    from jitgate.config.policy import Policy
    from jitgate.model.variant import VariantSpec
    from jitgate.workloads.spec import WorkloadSpec

    Named = TypeVar("Named", VariantSpec, WorkloadSpec)


def offered(config: pytest.Config) -> Offered:
    """Engines, variants, workloads and gates of every package. UsageError where two have one name."""
    from jitgate.config.offered import Offered
    from jitgate.engines.registry import Engines

    hook = config.hook
    return Offered(
        Engines(chain.from_iterable(hook.pytest_jitgate_engines())),
        _by_name("variant", chain.from_iterable(hook.pytest_jitgate_variants())),
        _by_name("workload", chain.from_iterable(hook.pytest_jitgate_workloads())),
        tuple(chain.from_iterable(hook.pytest_jitgate_rules())),
    )


def changed(config: pytest.Config, policy: Policy) -> Policy:
    """`policy` as packages with options of their own change it. UsageError for an option that can't be followed."""
    for change in config.hook.pytest_jitgate_policy(config=config):
        policy = change(policy)
    return policy


def _by_name(what: str, found: Iterable[Named]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for each in found:
        other = named.setdefault(each.name, each)
        if other is not each:
            raise UsageError(f"two packages bring a {what} {each.name!r}: {other.where} and {each.where}")
    return named
