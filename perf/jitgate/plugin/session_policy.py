"""What one session measures: the project's table, or the model of an option, as the other options change it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError
from jitgate.model.option_path import option_path
from jitgate.model.size import parse_bytes
from jitgate.plugin.checkpoint_option import OPTION as CHECKPOINT
from jitgate.plugin.checkpoint_option import with_checkpoint
from jitgate.plugin.offers import changed, changes, offered
from jitgate.plugin.own_model import asked_for, with_own_model
from jitgate.workloads.own_model import OPTION

if TYPE_CHECKING:
    import pytest

    from jitgate.config.policy import Policy
    from jitgate.gates.kind import GateKind
    from jitgate.plugin.session_state import State


def session_policy(
    config: pytest.Config, file: Path | None, kinds: tuple[GateKind, ...], state: State
) -> tuple[Policy, frozenset[str] | None]:
    """The policy, and the variants that `--jitgate-variants` asks for; None where it is not given.

    file: the project's; None where there is none. state: asked for device and progress only where they are needed.
    Raises UsageError for whatever is wrong in the file or an option.
    """
    policy, asked = _read(config, file, kinds), changes(config)
    if own := asked_for(config):
        policy = with_own_model(policy, own, state.device.name, state.progress, ask=not state.is_xdist_worker)
    wanted = None
    wish = config.getoption("jitgate_variants")
    if wish is not None:
        from jitgate.config.selection import chosen, with_chosen

        wanted = chosen(wish, policy, state.device.kind)
        policy = with_chosen(policy, wanted)
    size = config.getoption("jitgate_memory_limit")
    if size is not None:
        policy = replace(policy, memory_limit_bytes=parse_bytes(size, "--jitgate-memory-limit"))
    policy = changed(policy, asked)  # first, as a package can say more of a folder than that no workload fits it
    checkpoint = config.getoption("jitgate_checkpoint")
    if checkpoint is not None:
        policy = with_checkpoint(policy, option_path(CHECKPOINT, checkpoint, config.invocation_params.dir))
    return policy, wanted


def _read(config: pytest.Config, file: Path | None, kinds: tuple[GateKind, ...]) -> Policy:
    from jitgate.config.table import parse_policy, read_policy

    if file is None:
        return parse_policy({}, OPTION, kinds, offered(config))
    try:
        return read_policy(file, kinds, offered(config))
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"{file}: a value in [tool.jitgate] has a wrong type or size: {error}") from None
