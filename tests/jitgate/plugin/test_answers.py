"""A package whose hook fails is named with its hook, and nothing of it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jitgate.hooks
import pytest
from _pytest.config import get_config
from jitgate.model.errors import UsageError
from jitgate.plugin.answers import answers, listed


@pytest.fixture
def config() -> pytest.Config:
    made = get_config()
    made.pluginmanager.add_hookspecs(jitgate.hooks)
    return made


def package(name: str, **hooks: object) -> ModuleType:
    found = ModuleType(name)
    for hook, function in hooks.items():
        setattr(found, hook, function)
    return found


def test_answers_come_with_the_package_and_in_pytest_s_order(config: pytest.Config) -> None:
    config.pluginmanager.register(package("one", pytest_jitgate_rules=lambda: [1]), "one")
    config.pluginmanager.register(package("two", pytest_jitgate_rules=lambda: (2, 3)), "two")
    config.pluginmanager.register(package("none", pytest_jitgate_rules=lambda: None), "none")
    found = list(answers(config, "pytest_jitgate_rules"))
    assert found == [("the package 'two'", (2, 3)), ("the package 'one'", [1])]
    assert list(listed(config, "pytest_jitgate_rules", int)) == [2, 3, 1]
    assert [found for each in config.hook.pytest_jitgate_rules() for found in each] == [2, 3, 1]


def _raises() -> list[int]:
    raise ValueError("broken")


def _stops() -> Iterator[int]:
    yield 1
    raise ValueError("broken")


@pytest.mark.parametrize(
    ("hook", "said"),
    [
        (_raises, "its hook pytest_jitgate_rules fails: ValueError: broken"),
        (_stops, "its hook pytest_jitgate_rules gives no list: ValueError: broken"),
        (lambda: 7, "its hook pytest_jitgate_rules gives no list: TypeError"),
        (lambda: ["x"], "its hook pytest_jitgate_rules gives 'x' in place of a int"),
    ],
)
def test_what_is_no_list_is_one_sentence(config: pytest.Config, hook: object, said: str) -> None:
    config.pluginmanager.register(package("good", pytest_jitgate_rules=lambda: [1]), "good")
    config.pluginmanager.register(package("bad", pytest_jitgate_rules=hook), "bad")
    with pytest.raises(UsageError) as problem:
        list(listed(config, "pytest_jitgate_rules", int))
    assert str(problem.value).startswith(f"the package 'bad': {said}")
    assert str(problem.value).endswith("mend it, or leave that package out with -p no:NAME")


def test_arguments_reach_the_hook_by_name(config: pytest.Config, tmp_path: Path) -> None:
    def pytest_jitgate_policy(config: object) -> object:
        return config

    config.pluginmanager.register(package("one", pytest_jitgate_policy=pytest_jitgate_policy), "one")
    assert list(answers(config, "pytest_jitgate_policy", config=tmp_path)) == [("the package 'one'", tmp_path)]
