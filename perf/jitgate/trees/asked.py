"""What `--jitgate-base` names, as checkouts that workers can import from."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jitgate
from jitgate.model.base_comparison import BaseComparison
from jitgate.model.errors import UsageError
from jitgate.model.source_tree import SourceTree
from jitgate.model.variant import BASE, COPY
from jitgate.trees.build import BuildError, build, packages
from jitgate.trees.checkout import COPIES, FOLDERS, checked_out, key_of, lock_digest, prune
from jitgate.trees.declared import changed_gates
from jitgate.trees.equal_files import equal_files, left_out, walked
from jitgate.trees.git import Repository
from jitgate.trees.tables import table_at, table_in
from jitgate.trees.unchanged import unchanged


@dataclass(frozen=True)
class Wish:
    """The options. base: a commit, branch, tag or directory; "" for the head's own commit in another environment.

    file: with the gates. start: the current directory. state: folder where checkouts are kept. python: another
    interpreter. same: whether base and head may be the same. dirty: whether the head may have uncommitted changes.
    afresh: whether nothing of an earlier run is used, and the roles have each other's folders. paths: what the project
    declares that its figures depend on.
    """

    base: str
    file: Path
    start: Path
    state: Path
    python: Path | None = None
    same: bool = False
    dirty: bool = False
    afresh: bool = False
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskedBase:
    """comparison: what is recorded of it. trees: role -> checkout; none where nothing can be compared. table: the
    base's own `[tool.jitgate]`; None where it has none. wish: what it was resolved from.
    unchanged: why there is nothing to measure; "" where there is. kept: the files of the head that git keeps."""

    comparison: BaseComparison
    trees: Mapping[str, SourceTree] = field(default_factory=dict)
    table: Mapping[str, Any] | None = None
    wish: Wish | None = None
    unchanged: str = ""
    kept: frozenset[Path] = frozenset()

    def again(self) -> AskedBase:
        """Checked out and built once more, the two roles in each other's folders."""
        assert self.wish is not None, "it was resolved from a wish"  # noqa: S101 - for the type checker
        return resolve(replace(self.wish, state=self.wish.state.with_name("again"), afresh=True))


def resolve(wish: Wish) -> AskedBase:
    """UsageError, in one sentence with the remedy, for a base that is not here or can't be checked out."""
    try:
        return _resolved(wish)
    except OSError as error:
        # Of a folder that could not be copied shutil tells every file: source, target and reason.
        told = error.args[0][0][2] if isinstance(error, shutil.Error) and error.args[0] else error
        raise UsageError(
            f"--jitgate-base {wish.base}: its checkouts can't be made in {wish.state} ({told}); let that be a folder "
            "with room, and all of the base files that can be copied"
        ) from None


def _resolved(wish: Wish) -> AskedBase:
    if wish.python is not None and not wish.python.is_file():
        raise UsageError(f"--jitgate-base-python {wish.python}: there is no such interpreter; name its file")
    place = wish.start / wish.base if wish.base else None
    if place is not None and os.path.isdir(place) and _is_path(wish):  # noqa: PTH112 - a name may be too long for one
        return _directory(wish, place.resolve())
    repository = Repository.of(wish.file.parent)
    head = repository.commit("HEAD")
    commit = repository.commit(wish.base or "HEAD")
    changed = repository.changed()
    if changed and not wish.dirty:
        few = ", ".join(changed[:3]) + (", ..." if len(changed) > 3 else "")
        raise UsageError(
            f"--jitgate-base: the head has changes that are not committed ({few}), so no commit would be measured; "
            "commit or stash them, or measure them as they are with --jitgate-allow-dirty"
        )
    file = _inside(repository.root, wish.file)
    table = table_in(repository, commit, file)
    comparison = BaseComparison(
        wish.base or "HEAD",
        commit,
        head,
        bool(changed),
        workloads=_workloads(table, wish),
        notes=(*_changed_gates(table, wish), *_notes(repository, commit, wish)),
    )
    if not (changed or wish.same):
        comparison = replace(comparison, same=_same(repository, commit, head))
    if commit == head and comparison.same and wish.python is None:
        problem = (
            f"{comparison.same}, in one environment; name the commit that the change is to be compared with, "
            "as in --jitgate-base origin/main, or say --jitgate-aa to compare a commit with itself"
        )
        return AskedBase(replace(comparison, problem=problem), table=table, wish=wish)
    if not (changed or wish.python or wish.same) and (why := unchanged(repository, commit, head, wish.paths, file)):
        return AskedBase(comparison, table=table, wish=wish, unchanged=why)
    key = key_of(repository, commit, str(wish.python or ""))
    if wish.afresh:
        shutil.rmtree(wish.state, ignore_errors=True)
    roots = checked_out(repository, commit, wish.state, key)
    trees = _trees(wish, repository.root, roots, commit)
    return _built(AskedBase(comparison, trees, table, wish, kept=repository.tracked()), repository)


def with_head(asked: AskedBase, tree: SourceTree) -> AskedBase:
    """The same, with the workers of the head in a checkout too; they take part of what they import from its `head`."""
    like = asked.trees[BASE]
    tree = replace(tree, paths=tuple(tree.counterpart(like.head / path.relative_to(like.root)) for path in like.paths))
    comparison = replace(asked.comparison, head=tree.commit)
    return replace(asked, comparison=comparison, trees={**asked.trees, tree.role: tree})


def _inside(root: Path, file: Path) -> Path:
    """The file with the gates; where it is a link to outside of the project, the link."""
    real = file.resolve()
    return real if real.is_relative_to(root) else file.parent.resolve() / file.name


def _same(repository: Repository, base: str, head: str) -> str:
    """What both commits are, where nothing but their environments may differ; "" where files do."""
    if base == head:
        return f"both are commit {head[:10]}"
    trees = {repository.answers("rev-parse", f"{commit}^{{tree}}") or commit for commit in (base, head)}
    return "both have the same files" if len(trees) == 1 else ""


def _is_path(wish: Wish) -> bool:
    """Whether a directory is meant, where a branch may have the same name."""
    if Path(wish.base).is_absolute() or wish.base.startswith(".") or "\\" in wish.base:
        return True
    try:
        return (
            Repository.of(wish.file.parent).answers("rev-parse", "--verify", "--quiet", f"{wish.base}^{{commit}}")
            is None
        )
    except UsageError:
        return True


def _directory(wish: Wish, place: Path) -> AskedBase:
    """Two copies of a directory, made for every run: nothing tells whether it has changed."""
    try:
        repository: Repository | None = Repository.of(wish.file.parent)
    except UsageError:
        repository = None
    root = repository.root if repository is not None else wish.file.parent.resolve()
    head = (repository.answers("rev-parse", "HEAD") if repository is not None else None) or ""
    if not _has_files_of(root, place):
        raise UsageError(
            f"--jitgate-base {wish.base}: none of the Python files of {root} is there under the same name; name the "
            "directory that has the whole project of the other commit"
        )
    table = table_at(place / _inside(root, wish.file).relative_to(root))
    comparison = BaseComparison(
        wish.base, head=head, workloads=_workloads(table, wish), notes=_changed_gates(table, wish)
    )
    kept = frozenset() if repository is None else repository.tracked()
    if not wish.same and (place == root or equal_files(root, place, kept)):
        what = f"are the directory {root}" if place == root else f"have the same files as {root}"
        comparison = replace(comparison, same=f"both {what}")
        if wish.python is None:
            problem = f"{comparison.same}, in one environment; name the directory of another commit's files"
            return AskedBase(replace(comparison, problem=problem), table=table, wish=wish)
    copies = wish.state / f"{COPIES}{hashlib.sha256(str(place).encode()).hexdigest()[:16]}"
    roots = {}
    for role, name in FOLDERS.items():
        shutil.rmtree(copies / name, ignore_errors=True)
        shutil.copytree(place, copies / name, ignore=left_out, symlinks=True)
        roots[role] = (copies / name).resolve()
    prune(wish.state)
    return _built(AskedBase(comparison, _trees(wish, root, roots, ""), table, wish, kept=kept), repository)


def _has_files_of(root: Path, place: Path) -> bool:
    """Whether a directory has a Python file where the head has one."""
    for folder, folders, names in walked(place):
        here = root / folder.relative_to(place)
        if any(name.endswith(".py") and (here / name).is_file() for name in names):
            return True
        folders[:] = [name for name in folders if (here / name).is_dir()]
    return False


def _trees(wish: Wish, head: Path, roots: Mapping[str, Path], commit: str) -> dict[str, SourceTree]:
    own = tuple(
        path
        for path in (
            Path(sys.prefix).resolve(),
            Path(sys.base_prefix).resolve(),
            Path(jitgate.__file__).resolve().parent,
        )
        if path.is_relative_to(head)
    )
    trees = {}
    if wish.afresh:
        roots = {BASE: roots[COPY], COPY: roots[BASE]}
    for role in (BASE, COPY):
        tree = SourceTree(role, roots[role], head, commit, wish.python, own=own)
        entries = [tree.as_of_head(Path(entry) if entry else Path.cwd()) for entry in sys.path]
        paths = tuple(tree.counterpart(entry) for entry in entries if entry is not None)
        trees[role] = replace(tree, paths=tuple(path for path in paths if path.is_dir()))
    return trees


def _built(asked: AskedBase, repository: Repository | None) -> AskedBase:
    """With the package built in each checkout, where the head's has compiled extensions."""
    folders = [] if repository is None else packages(repository)
    if not folders:
        return asked
    try:
        trees = {role: replace(tree, built=build(tree, folders)) for role, tree in asked.trees.items()}
    except BuildError as error:
        return replace(
            asked, comparison=replace(asked.comparison, problem=f"the base does not build: {error}"), trees={}
        )
    return replace(asked, trees=trees)


def _workloads(table: Mapping[str, Any] | None, wish: Wish) -> frozenset[str] | None:
    """What the base's table declares, under the names that the head has for them."""
    found = None if table is None else table.get("workloads", {})
    if not isinstance(found, Mapping):
        return None
    renamed = (table_at(wish.file) or {}).get("aliases", {})
    pairs = renamed.items() if isinstance(renamed, Mapping) else ()
    names = {str(new).partition("/")[0] for old, new in pairs if str(old).partition("/")[0] in found}
    return frozenset(found) | names


def _changed_gates(table: Mapping[str, Any] | None, wish: Wish) -> tuple[str, ...]:
    """What a reviewer would miss where everything is green: the limits are not those of the base."""
    changes = changed_gates(table, table_at(wish.file))
    return (f"This change also changes what is required: {'; '.join(changes)}.",) if changes else ()


def _notes(repository: Repository, commit: str, wish: Wish) -> tuple[str, ...]:
    if wish.python is not None or lock_digest(repository, commit) == lock_digest(repository, "HEAD"):
        return ()
    return (
        (
            "The lock files of base and head differ, and both ran in the head's environment; give the base its own "
            "with --jitgate-base-python."
        ),
    )
