"""pytest's way in: the options, and the rest of jitgate for a project that has gates.

This file stays outside the package `jitgate` and imports almost nothing: it is loaded in every pytest run of the
environment, and a `jitgate` folder of the project must not take its place. What it needs of the package it loads by its
place on the disk, until the project turns out to have a `[tool.jitgate]` table.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
BENCHMARKS = "jitgate.benchmarks"
OPTION = "--jitgate-"
OLD_OPTION = "--perf-"
RENAMED = {
    "beside": "extras",
    "ceiling": "memory-limit",
    "disturbed": "noisy-rounds",
    "enforce": "memory-cap",
    "wait": "lock-timeout",
}
"""What was called `--perf-beside` is `--jitgate-extras`; every other option has kept its last word."""


@dataclass(frozen=True)
class GatesFile:
    """Where the gates of a session are. path: the file that has them; None where there is none.

    old: a file with a `[tool.perf]` table, where there is none of ours. plugins: modules that the table names.
    """

    path: Path | None
    looked_in: tuple[Path, ...]
    old: Path | None = None
    old_is_ours: bool = False
    plugins: tuple[str, ...] = ()


GATES_FILE = pytest.StashKey[GatesFile]()


def _load(name: str, path: str) -> ModuleType:
    """A module of the package by its place on the disk, without the package."""
    spec = importlib.util.spec_from_file_location(name, HERE / path)
    assert spec is not None and spec.loader is not None, path  # noqa: S101, PT018 - a file of this very package
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _refusal(text: str) -> pytest.UsageError:
    """Bad input: exit code 4, one sentence; what it quotes of others is made printable."""
    return pytest.UsageError(_load("_jitgate_printable", "jitgate/model/printable.py").printable(text))


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(_load("_jitgate_hooks", "jitgate/hooks.py"))


def pytest_addoption(parser: pytest.Parser) -> None:
    _load("_jitgate_options", "jitgate/plugin/options.py").add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Iterator[None]:
    _remove_earlier(early_config)
    # Before pytest reads the command line for good: the options of these plugins are on it.
    for name in gates_file(early_config).plugins:
        try:
            early_config.pluginmanager.import_plugin(name)
        except (ImportError, TypeError, ValueError, pytest.UsageError) as error:
            path = gates_file(early_config).path
            raise _refusal(f"{path}, [tool.jitgate]: plugins names {name!r}: {error}") from None
    found = yield
    # Only now: a conftest.py may have an option of such a name.
    if any(arg.startswith(OLD_OPTION) for arg in args):
        _refuse_old_options(parser, args)
    return found


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Start over where pytest has taken the value of an option for the path of a test.

    pytest chooses its root before it knows the options of plugins: the PATH of `--jitgate-report PATH` then counts as a
    test path if it exists, moves the root, and another configuration file is read.
    """
    paths = set(config.known_args_namespace.file_or_dir)
    start, given = config.invocation_params.dir, list(config.invocation_params.args)
    added = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    if (joined(given, paths, start), joined(added, paths, start)) == (given, added):
        return None
    with pytest.MonkeyPatch.context() as patch:
        if added:
            patch.setenv("PYTEST_ADDOPTS", shlex.join(joined(added, paths, start)))
        return int(pytest.main(joined(given, paths, start), plugins=list(config.invocation_params.plugins or ())))


def joined(args: Sequence[str], paths: set[str], start: Path) -> list[str]:
    """`args` with `--jitgate-x=VALUE` for `--jitgate-x VALUE` where VALUE exists on the disk and is none of `paths`."""
    found: list[str] = []
    for arg in args:
        before = found[-1] if found else ""
        is_value = before.startswith(OPTION) and "=" not in before and not arg.startswith("-")
        if is_value and arg not in paths and (start / arg).exists():
            found[-1] = f"{before}={arg}"
        else:
            found.append(str(arg))
    return found


def pytest_configure(config: pytest.Config) -> None:
    found = gates_file(config)
    for option in ("input", "shrink"):
        if config.option.jitgate_model is None and getattr(config.option, f"jitgate_{option}"):
            raise _refusal(f"{OPTION}{option} is about the model of {OPTION}model; name one")
    if found.path is None and config.option.jitgate_model is None:
        _refuse_if_wanted(config, found)
        return
    spec = importlib.util.find_spec("jitgate")
    origin = spec.origin if spec is not None else None
    if origin is None or Path(origin).resolve().parent != HERE / "jitgate":
        where = origin or "a folder of this name"
        raise _refusal(
            f"{found.path or '--jitgate-model'} asks for jitgate, but Python finds {where} in place of the package in "
            f"{HERE / 'jitgate'}; rename yours, or start `pytest` instead of `python -m pytest`"
        )
    from jitgate import plugin

    plugin.start(config, found.path)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Gates that lie next to the tests that were named, and are not this session's."""
    start = config.invocation_params.dir
    if gates_file(config).path is not None or config.option.jitgate_model is not None:
        return []
    named = [start / str(arg).partition("::")[0] for arg in config.known_args_namespace.file_or_dir]
    ways = [(path, *path.parents) for path in named if path.exists() and path.is_relative_to(start)]
    files = dict.fromkeys(folder / "pyproject.toml" for way in ways for folder in way if folder.is_relative_to(start))
    unused = [file.relative_to(start) for file in files if "jitgate" in _tables(file)]
    return [f"jitgate: the gates of {file} are not used; run pytest in {file.parent}" for file in unused]


def _remove_earlier(config: pytest.Config) -> None:
    """Of a project with gates: result files of an earlier session, before anything of this one can fail."""
    options = config.known_args_namespace
    try:
        ours = gates_file(config).path is not None or options.jitgate_model is not None
    except pytest.UsageError:
        ours = True
    if ours:
        _load("_jitgate_result_files", "jitgate/plugin/result_files.py").remove_earlier(
            options, config.invocation_params.dir
        )


def gates_file(config: pytest.Config) -> GatesFile:
    """Where this session's gates are, looked up once."""
    if GATES_FILE not in config.stash:
        config.stash[GATES_FILE] = _find(config)
    return config.stash[GATES_FILE]


def _find(config: pytest.Config) -> GatesFile:
    start = config.invocation_params.dir
    chosen = config.known_args_namespace.jitgate_config
    if chosen:
        if not (start / chosen).is_file():
            raise _refusal(f"--jitgate-config {chosen}: there is no such file")
        return GatesFile(start / chosen, (start / chosen,), plugins=_plugins(_tables(start / chosen).get("jitgate")))
    files = tuple(_candidates(config))
    old: tuple[Path, bool] | None = None
    for path in files:
        tables = _tables(path)
        if "jitgate" in tables:
            _refuse_unused(path, start / "pyproject.toml")
            return GatesFile(path, files, plugins=_plugins(tables["jitgate"]))
        if "perf" in tables and old is None:
            old = path, _is_ours(tables["perf"])
    return GatesFile(None, files, *(old or ()))


def _refuse_unused(used: Path, here: Path) -> None:
    """A usage error where the current directory has gates and other ones would be judged."""
    if used != here and "jitgate" in _tables(here):
        raise _refusal(
            f"{here}: its [tool.jitgate] would not be used, since {used} has one too and was named with -c; say which "
            "one is meant with --jitgate-config FILE"
        )


def _candidates(config: pytest.Config) -> list[Path]:
    """TOML files that may hold the gates, the nearest first: from the current directory up to pytest's root."""
    start, root, ini = config.invocation_params.dir, config.rootpath, config.inipath
    way = (start, *start.parents)
    folders = way[: way.index(root) + 1] if root in way else (start, root)
    files = [folder / "pyproject.toml" for folder in folders]
    if ini is not None and ini.suffix == ".toml" and ini not in files:
        files.insert(0 if config.known_args_namespace.inifilename else len(files), ini)
    return files


def _tables(path: Path) -> Mapping[str, Any]:
    """`[tool]` of a TOML file; {} for one that can't be read or speaks neither of jitgate nor of perf."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    if "jitgate" not in text and "perf" not in text:
        return {}
    import tomllib

    try:
        found = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError):
        # The full reader reports what is wrong with it; a file that is not ours is left alone.
        return {"jitgate": {}} if "[tool.jitgate" in text else {}
    return found if isinstance(found, Mapping) else {}


def _plugins(table: object) -> tuple[str, ...]:
    """`plugins` of a `[tool.jitgate]` table; what is wrong with it is said when the table is read whole."""
    named = table.get("plugins") if isinstance(table, Mapping) else None
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()


def _is_ours(table: object) -> bool:
    """Whether a `[tool.perf]` table is one of before the rename, rather than somebody's own."""
    if not isinstance(table, Mapping):
        return False
    named = [table.get("workloads"), table.get("variants")]
    factories = [each for tables in named if isinstance(tables, Mapping) for each in tables.values()]
    gates = table.get("gates")
    return (
        isinstance(table.get("shipped"), bool)
        or "ceiling" in table
        or any(isinstance(each, Mapping) and "factory" in each for each in factories)
        or (isinstance(gates, list) and any(isinstance(gate, Mapping) for gate in gates))
    )


def _refuse_if_wanted(config: pytest.Config, found: GatesFile) -> None:
    """A usage error where performance tests are asked for and there is no table for them."""
    asked = asks_for_benchmarks(config)
    uses_options = any(str(arg).startswith(OPTION) for arg in config.invocation_params.args)
    if found.old is not None and (found.old_is_ours or asked or uses_options):
        raise _refusal(f"{found.old}: the table [tool.perf] is now called [tool.jitgate]; rename it")
    if asked:
        looked_in = " or ".join(map(str, found.looked_in))
        raise _refusal(
            f"performance tests need a [tool.jitgate] table, and there is none in {looked_in}; add one, or name the "
            "file that has it with --jitgate-config FILE"
        )


def asks_for_benchmarks(config: pytest.Config) -> bool:
    """Whether the command line names the performance tests of jitgate, as a module or by their path."""
    named = config.option.pyargs and any(map(_names_benchmarks, config.args))
    return named or any(_lies_in_benchmarks(config, arg) for arg in config.args)


def _names_benchmarks(arg: str) -> bool:
    module = arg.partition("::")[0]
    return module in ("jitgate", BENCHMARKS) or module.startswith(f"{BENCHMARKS}.")


def _lies_in_benchmarks(config: pytest.Config, arg: str) -> bool:
    folder = HERE.joinpath(*BENCHMARKS.split("."))
    path = Path(os.path.normpath(config.invocation_params.dir / arg.partition("::")[0]))
    return path.is_relative_to(folder)


def _refuse_old_options(parser: pytest.Parser, args: list[str]) -> None:
    """Name the new spelling of an option that no plugin knows and jitgate knew once."""
    _, unknown = parser.parse_known_and_unknown_args(args)
    for arg in unknown:
        old = arg.split("=")[0]
        word = old.removeprefix(OLD_OPTION)
        new = f"{OPTION}{RENAMED.get(word, word)}"
        if old.startswith(OLD_OPTION) and hasattr(parser.parse_known_args([]), new[2:].replace("-", "_")):
            raise _refusal(f"{old} is now called {new}")
