"""Tables of the reference, from the code: options, kinds of gate, commands, exit codes."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterable
from pathlib import Path


def write(folder: Path) -> None:
    """Every table as a file of `folder`, which pages include."""
    folder.mkdir(exist_ok=True)
    for name, lines in (("options", options()), ("gates", gates()), ("commands", commands())):
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def options() -> list[str]:
    """A row for each option of pytest that begins with `--jitgate-`."""
    from jitgate.plugin.options import add_options

    rows: list[tuple[str, str]] = []

    class Group:
        def addoption(self, *names: str, **facts: object) -> None:
            value = facts.get("metavar") or "|".join(map(str, facts.get("choices", ())))  # type: ignore[call-overload]
            shown = f"{names[0]} {value}" if value else names[0]
            rows.append((f"`{shown.replace('|', chr(92) + '|')}`", str(facts["help"])))

        _addoption = addoption

    class Parser:
        def getgroup(self, *_: str) -> Group:
            return Group()

    add_options(Parser())  # type: ignore[arg-type]
    return table(("option", "what it does"), rows)


def gates() -> list[str]:
    """A row for each kind of gate that comes with jitgate."""
    from jitgate.gates.builtin import pytest_jitgate_gates

    rows = [
        (
            f"`{kind.key}`" if kind.configurable else "-",
            f"`{kind.attribute} {kind.operator} {kind.fixture}`",
            kind.question,
            first_sentence(inspect.getdoc(type(kind)) or ""),
        )
        for kind in pytest_jitgate_gates()
    ]
    return table(("key in TOML", "as a test asks it", "answers", "what it is"), rows)


def commands() -> list[str]:
    """A row for each command of `jitgate`."""
    from jitgate.cli.main import COMMANDS

    parser = argparse.ArgumentParser()
    every = parser.add_subparsers()
    for command in COMMANDS:
        command.register(every)
    helps = {action.dest: action.help for action in every._choices_actions}
    return table(("command", "what it does"), [(f"`jitgate {name}`", str(text)) for name, text in helps.items()])


def first_sentence(text: str) -> str:
    """Of a docstring, on one line."""
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Markdown."""
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
