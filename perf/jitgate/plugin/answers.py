"""What packages answer to the hooks of `jitgate.hooks`: of each by itself, so that the one that fails is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import pytest


def answers(config: pytest.Config, name: str, /, **given: object) -> Iterator[tuple[str, Any]]:
    """Package and answer, in pytest's order; without those that answer None.

    UsageError, which names package and hook, where one raises.
    """
    hook = getattr(config.hook, name)
    plugins = {each.plugin: each.plugin_name for each in hook.get_hookimpls() if not _wraps(each)}
    for each in reversed([each for each in hook.get_hookimpls() if not _wraps(each)]):
        others = [plugin for plugin in plugins if plugin is not each.plugin]
        alone = config.pluginmanager.subset_hook_caller(name, others)
        try:
            found = alone(**given)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever another package raises
            raise UsageError(f"{_named(each.plugin_name)}: its hook {name} fails: {shortly(error)}; {OUT}") from None
        yield from ((_named(each.plugin_name), answer) for answer in found)


def listed(config: pytest.Config, name: str, what: type | tuple[type, ...]) -> Iterator[Any]:
    """The items of all answers. UsageError where one is no list of `what`."""
    for package, answer in answers(config, name):
        try:
            items = list(answer)
        except Exception as error:  # noqa: BLE001 - as above: a generator is run here
            raise UsageError(f"{package}: its hook {name} gives no list: {shortly(error)}; {OUT}") from None
        for item in items:
            if not isinstance(item, what):
                kinds = " or ".join(kind.__name__ for kind in (what if isinstance(what, tuple) else (what,)))
                raise UsageError(f"{package}: its hook {name} gives {item!r:.80} in place of a {kinds}; {OUT}")
            yield item


OUT = "mend it, or leave that package out with -p no:NAME"


def _wraps(implementation: Any) -> bool:
    return bool(implementation.wrapper or implementation.hookwrapper)


def _named(name: str) -> str:
    return f"the package {name!r}"
