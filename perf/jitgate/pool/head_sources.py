"""Whether what a session calls the head is the files of the head, and not another copy of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from jitgate.model.source_tree import INSTALLED, SourceTree, below_installed
from jitgate.model.tree_requests import TreeProof
from jitgate.trees.build import BUILT_BY

NATIVE = frozenset({".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".cu", ".cuh", ".pyx", ".pxd", ".rs", ".f90"})
"""Suffixes of what compiled modules are made of."""


def other_copy(tree: SourceTree, kept: Collection[Path], proof: TreeProof) -> str:
    """Which file of the head is left out for one of its name; "" where none is. Base and head would share it.

    tree: any checkout, which knows the head. kept: the files of the head that git keeps; none where there is no git.
    """
    loaded = {name: file for name, file in proof.loaded.items() if tree.is_of_head(file)}
    untracked = {name: file for name, file in loaded.items() if kept and Path(file) not in kept}
    for name, file in {**untracked, **proof.elsewhere}.items():
        places = _namesakes(tree.head, name, Path(file))
        found = (each for each in places if (each in kept if name in untracked else each.exists()))
        own = next((each for each in found if each.resolve() != Path(file).resolve()), None)
        if own is not None:
            return (
                f"is of the head, and imported {name} from {file}, not from {own}: PYTHONPATH or an editable "
                "install names another checkout; install this one (pip install -e .), or drop the other"
            )
    return ""


def installed_copy(
    head: Path, kept: Collection[Path], installed: Mapping[str, str], measured: Mapping[str, str]
) -> str:
    """Which module of the head was imported from where it is installed as a copy; "" for none.

    measured: of what is measured itself, where a package of that name in the head is enough.
    """
    shared = {name: file for name, file in measured.items() if _has_package(head, name, file)}
    for name, file in {**shared, **installed}.items():
        places = [place / below_installed(Path(file)) for place in (head, head / "src")]
        if name in shared or any(own in kept if kept else own.exists() for own in places):
            return (
                f"imported {name} from {file}, which both commits share; install the project editable "
                "(pip install -e .), or not at all"
            )
    return ""


def older_extension(head: Path, kept: Collection[Path], extensions: Collection[str]) -> str:
    """Which compiled module is older than what its package is compiled of, so that it may be of another commit; "" for
    none. A package is built whole: where any of its modules is newer than a source, it was built since."""
    built: dict[Path, list[Path]] = {}
    for each in map(Path, extensions):
        if each.is_relative_to(head) and each not in kept and each.is_file():
            built.setdefault(_package_of(head, each), []).append(each)
    for package, modules in built.items():
        at = max(each.stat().st_mtime for each in modules)
        stems = {(each.parent, each.name.partition(".")[0]) for each in modules}
        for source in sorted(kept):
            is_source = source.suffix in NATIVE or (source.suffix == ".py" and (source.parent, source.stem) in stems)
            if is_source and source.is_file() and _package_of(head, source) == package and source.stat().st_mtime > at:
                return (
                    f"is of the head, and imported {modules[0]}, which is older than {source} and may be of another "
                    "commit; build it again (pip install -e .)"
                )
    return ""


def _package_of(head: Path, file: Path) -> Path:
    """The nearest folder above a file that is built by itself."""
    below = [folder for folder in file.parents if folder.is_relative_to(head)]
    return next((folder for folder in below if any((folder / each).is_file() for each in BUILT_BY)), head)


def _has_package(head: Path, name: str, file: str) -> bool:
    top = name.partition(".")[0]
    own = [head / "src" / top, head / top, head / f"{top}.py"]
    return INSTALLED in Path(file).parts and any(each.exists() for each in own)


def _namesakes(head: Path, name: str, file: Path) -> Iterator[Path]:
    """Where the head would have a module that was found elsewhere: where the other checkout has it, and where projects
    have their packages."""
    checkout = next((each for each in file.parents if (each / ".git").exists()), None)
    if checkout is not None:
        yield head / file.relative_to(checkout)
    count = name.count(".") + 1 + (file.stem == "__init__")
    yield from (place.joinpath(*file.parts[-count:]) for place in (head, head / "src"))
