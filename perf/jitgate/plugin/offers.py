"""Asks the packages of a session, by the hooks of `jitgate.hooks`, what they bring to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.plugin.answers import OUT, answers, listed

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
    from jitgate.config.policy import Gate
    from jitgate.engines.catalogue import Engine
    from jitgate.engines.registry import Engines
    from jitgate.model.variant import VariantSpec
    from jitgate.workloads.spec import WorkloadSpec

    return Offered(
        Engines(listed(config, "pytest_jitgate_engines", Engine)),
        _by_name("variant", listed(config, "pytest_jitgate_variants", VariantSpec)),
        _by_name("workload", listed(config, "pytest_jitgate_workloads", WorkloadSpec)),
        tuple(listed(config, "pytest_jitgate_rules", Gate)),
    )


def changes(config: pytest.Config) -> list[tuple[str, Callable[[Policy], object]]]:
    """(package, what it changes), of packages with options of their own. UsageError where these can't go together."""
    return list(answers(config, "pytest_jitgate_policy", config=config))


def changed(policy: Policy, asked: Iterable[tuple[str, Callable[[Policy], object]]]) -> Policy:
    """`policy` with these changes made. UsageError for an option that can't be followed."""
    from jitgate.config.policy import Policy

    for package, change in asked:
        try:
            found = change(policy)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever another package raises
            raise UsageError(f"{package}: its change of the policy fails: {shortly(error)}; {OUT}") from None
        if not isinstance(found, Policy):
            raise UsageError(f"{package}: its change of the policy gives {found!r:.80} in place of a Policy; {OUT}")
        policy = found
    return policy


def _by_name(what: str, found: Iterable[Named]) -> dict[str, Named]:
    named: dict[str, Named] = {}
    for each in found:
        other = named.setdefault(each.name, each)
        if other is not each:
            raise UsageError(f"two packages bring a {what} {each.name!r}: {other.where} and {each.where}")
    return named
