"""The measurements of a session, as its options and its policy want them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import memory_of
from jitgate.device.power import meter_of
from jitgate.gates.stopping import AnyOf, UndecidedFastest, UndecidedSelection
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.variant import BASELINE
from jitgate.plugin.cache_pruning import cache_folder
from jitgate.plugin.memory_cap import memory_cap_bytes
from jitgate.plugin.options import AUTO
from jitgate.plugin.rounds_on_disk import RoundsOnDisk
from jitgate.pool.residency import Residency

if TYPE_CHECKING:
    import pytest

    from jitgate.config.policy import Policy
    from jitgate.device.device import Device
    from jitgate.gates.requirements import Rules
    from jitgate.model.cell import Cell
    from jitgate.report.progress import TerminalProgress
    from jitgate.trees.asked import AskedBase


def make_measurements(
    config: pytest.Config,
    device: Device,
    rules: Rules,
    planned: Collection[Cell],
    wanted: Collection[str],
    progress: TerminalProgress,
    claim: Callable[[], None],
    rounds_on_disk: RoundsOnDisk,
    base: AskedBase | None = None,
) -> Measurements:
    """Nothing is measured yet; the first test that asks for a scenario has it measured.

    planned: the cells of the selected tests. wanted: the variants that `--jitgate-variants` chose, none where it is
    not given. claim: called before the first measurement, to have the device alone. rounds_on_disk: gets the rounds.
    base: another commit, checked out.
    """
    option = config.getoption
    uuid = device.card.uuid if device.card is not None else ""
    policy = rules.policy
    for folder in rounds_on_disk.killed():
        progress.note(f"an earlier run was killed; its rounds lie in {folder}, and `jitgate judge` reads them")
    settings = RunSettings(
        device=device.name,
        cache=ArtefactCache(cache_folder(config)),
        progress=progress,
        budget_s=option("jitgate_budget"),
        timeout_s=option("jitgate_timeout"),
        seed=option("jitgate_seed"),
        processes=None if option("jitgate_processes") == AUTO else option("jitgate_processes"),
        include_noisy=option("jitgate_noisy_rounds") == "include",
        extras=option("jitgate_extras") == "measure",
        card_uuid=uuid,
        residency=Residency(option("jitgate_residency")),
        memory_limit_bytes=policy.memory_limit_bytes,
        room=memory_of(uuid),
        meter=meter_of(uuid),
        enforced_bytes=memory_cap_bytes(policy, device, planned) if option("jitgate_memory_cap") else None,
        smoke=option("jitgate_smoke"),
        base=base,
        claim=claim,
        on_close=rounds_on_disk.save,
        on_round=rounds_on_disk.keep,
    )
    if not settings.smoke:
        rounds_on_disk.forget(planned)
    undecided = AnyOf((rules.undecided, UndecidedSelection(rules, wanted), UndecidedFastest(rules)))
    near = AnyOf((partial(rules.undecided, starts=True), UndecidedSelection(rules, wanted, starts=True)))
    return Measurements(tasks_of(policy, device.kind, planned), settings, undecided, near)


def tasks_of(policy: Policy, kind: str, needed: Collection[Cell]) -> dict[str, MeasureTask]:
    """Workload -> its task. kind: `cpu` or `cuda`.

    Baselines are measured too, selected or not: first the variants that the workload lists, in its order.
    """
    tasks = {}
    for workload in dict.fromkeys(cell.workload for cell in needed):
        cells = [cell for cell in needed if cell.workload == workload]
        reference_variants = frozenset({BASELINE, *(policy.baseline(cell, kind) for cell in cells)})
        wanted = reference_variants | {cell.variant for cell in cells}
        spec = policy.workloads[workload]
        names = (*spec.variants, *sorted(wanted - set(spec.variants)))
        tasks[workload] = MeasureTask(
            spec,
            tuple(policy.variants[name] for name in names if name in wanted),
            tuple(dict.fromkeys(cell.scenario for cell in cells)),
            reference_variants,
        )
    return tasks
