"""`jitgate_cosyvoice export`: the TorchScript files that CosyVoice's `load_jit=True` looks for, each proven.

Exit code 0: all were written. 1: one of them was not right, or could not be written; it does not have its name then.
4: bad input. 130: interrupted.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.cli.output import write
from jitgate.model.error_words import first_words
from jitgate.model.errors import UsageError
from jitgate.model.printable import printable
from jitgate.workloads.checkpoint_spec import PretrainedFile

from jitgate_cosyvoice.jit_files import JIT_FILES, PRECISIONS

if TYPE_CHECKING:
    import argparse

    import torch

    from jitgate_cosyvoice.export.jit_export import Written

WRITTEN, NOT_WRITTEN, INTERRUPTED = 0, 1, 130

RANDOM = Path(".jitgate") / "export"
"""Where files of random weights go: CosyVoice looks for files in a model directory, and these have none."""


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `export` to the command line."""
    parser = subparsers.add_parser(
        "export",
        help="write the TorchScript files that CosyVoice loads",
        description="Writes flow.encoder.{fp32,fp16}.zip (v2), and llm.text_encoder and llm.llm as well (v1), under "
        "the names that load_jit=True looks for, and checks each: loads, class, signature, output, size. Exit "
        "code 0 written, 1 not written, 4 bad input.",
    )
    parser.add_argument(
        "--checkpoint", metavar="DIR", type=Path, help="a model directory; without it, weights are random"
    )
    parser.add_argument("--to", metavar="DIR", type=Path, help=f"default: the model directory, or {RANDOM / 'v2'}")
    parser.add_argument("--generation", choices=sorted(JIT_FILES), help="default: what the model directory is, or v2")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    parser.add_argument("--small", action="store_true", help="narrow modules, to see how it works in seconds")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the files; returns the exit code. UsageError for bad input."""
    try:
        return _export(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("\njitgate_cosyvoice export: interrupted; no file is there in part\n")
        return INTERRUPTED


def _export(arguments: argparse.Namespace) -> int:
    from jitgate.engines.available import missing
    from jitgate.engines.builtin import built_in

    if arguments.checkpoint is not None:
        arguments.checkpoint = arguments.checkpoint.resolve()
    generation = _generation(arguments)
    files = JIT_FILES[generation]
    folder = arguments.to or arguments.checkpoint or RANDOM / generation
    unavailable = missing(built_in().named("torchscript"), "cpu")
    if unavailable:
        raise UsageError(unavailable)
    names = [jit.name(precision) for jit in files for precision in PRECISIONS]
    with _room(folder, names, arguments.overwrite):
        return _write(files, folder, arguments)


def _write(files: Sequence[PretrainedFile], folder: Path, arguments: argparse.Namespace) -> int:
    from jitgate.report.progress import TerminalProgress

    progress = TerminalProgress(_Stderr(), live=sys.stderr.isatty())
    progress.busy("importing torch")
    from jitgate_cosyvoice.export.jit_export import NotAsWritten, export

    try:
        for jit in files:
            progress.busy(f"{jit.stem}: building")
            module = _module(jit, arguments)
            width = jit.small_width if arguments.small else jit.width
            for written in export(module, jit, folder, width, progress.busy):
                progress.clear()
                write(_line(written))
            del module
    except (NotAsWritten, RuntimeError, OSError) as error:
        progress.clear()
        sys.stderr.write(f"jitgate_cosyvoice export: {first_words(str(error))}; it was not written\n")
        return NOT_WRITTEN
    return WRITTEN


def _line(written: Written) -> str:
    if written.rel_l2 is None:
        said = written.unchecked
    elif written.rel_l2 == 0:
        said = "output equal to the module's"
    else:
        said = f"output within {written.rel_l2:.0e} of the float32 module's"
    return f"{written.path}: {written.size_bytes / 1e6:.1f} MB, {said}"


def _generation(arguments: argparse.Namespace) -> str:
    from jitgate_cosyvoice.checkpoints import MARKERS, generation_of

    asked: str | None = arguments.generation
    if arguments.checkpoint is None:
        return asked or "v2"
    found = generation_of(arguments.checkpoint)
    if found is None and asked is None:
        raise UsageError(
            f"{arguments.checkpoint} has neither {' nor '.join(MARKERS)}, so it does not say what it is; add "
            f"--generation {' or '.join(sorted(JIT_FILES))}"
        )
    if found not in (None, *JIT_FILES):
        raise UsageError(f"{arguments.checkpoint} is CosyVoice3, not supported here: it has no JIT export")
    if asked is not None and found not in (None, asked):
        raise UsageError(f"{arguments.checkpoint} is of generation {found}, not {asked}; leave --generation out")
    return asked or str(found)


@contextmanager
def _room(folder: Path, names: list[str], overwrite: bool) -> Iterator[None]:
    """`folder`, made where it was not there; folders that were made and that nothing was written into go again."""
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        raise UsageError(
            f"{folder} has {', '.join(there)} already; replace with --overwrite, or choose another with --to DIR"
        )
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} can't be made ({error.strerror}); choose another with --to DIR") from error
    try:
        yield
    finally:
        for each in made:
            if not any(each.iterdir()):
                each.rmdir()


def _module(jit: PretrainedFile, arguments: argparse.Namespace) -> torch.nn.Module:
    from jitgate.workloads.weight_source import WeightSource, entered
    from jitgate.workloads.weights import build_seeded

    build = pkgutil.resolve_name(jit.small if arguments.small else jit.module)
    with entered(WeightSource(checkpoint=arguments.checkpoint)):
        module: torch.nn.Module = build_seeded(build, jit.part)
    return module


class _Stderr:
    """What a person should see, and no program that reads the output."""

    def write(self, text: str, *, flush: bool = False) -> None:
        sys.stderr.write(text)
        if flush:
            sys.stderr.flush()

    def line(self, text: str = "") -> None:
        sys.stderr.write(f"{printable(text)}\n")
