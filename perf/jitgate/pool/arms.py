"""Workers that run a variant from a checkout of another commit: which there are, and that they import from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from jitgate.model.answers import ModelFacts
from jitgate.model.base_comparison import MISSING, BaseComparison
from jitgate.model.failure import FailureKind
from jitgate.model.requests import Request
from jitgate.model.source_tree import Origin, SourceTree
from jitgate.model.tree_requests import EnterTree, ProveTree, TreeProof
from jitgate.model.variant import BASE, BASELINE, CONTROL, VariantSpec, arm, is_variant, variant_of
from jitgate.pool.head_sources import installed_copy, older_extension, other_copy
from jitgate.pool.worker_process import Worker

AnswerT = TypeVar("AnswerT")


class ArmsPool(Protocol):
    """The part of a pool that is used; see `jitgate.pool.pool.WorkerPool`."""

    def ask(self, worker: Worker, what: str, request: Request[AnswerT]) -> AnswerT | None: ...


@dataclass
class Arms:
    """The checkouts of another commit, by their role; none where nothing is compared with one. The role of the head is
    "", and it has a checkout only where another commit than the working tree's takes its part.

    entered: workers that import from their checkout already. facts: role -> what its eager worker said of the model.
    origin: where the head's was imported from. proofs: worker -> where what it runs was imported from. kept: the files
    of the head that git keeps; none where there is no git.
    """

    trees: Mapping[str, SourceTree] = field(default_factory=dict)
    entered: set[Worker] = field(default_factory=set)
    facts: dict[str, ModelFacts] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    proofs: dict[str, TreeProof] = field(default_factory=dict)
    kept: frozenset[Path] = frozenset()

    def workers(self, variants: Iterable[VariantSpec]) -> dict[str, VariantSpec]:
        """Worker -> its variant."""
        return {arm(variant.name, role): variant for variant in variants for role in self.trees if role}

    def tree_of(self, worker: str) -> SourceTree | None:
        """The checkout that a worker imports from; None for the head's."""
        role = worker.partition("#")[2]
        return self.trees.get("" if worker == CONTROL else role)

    def enter(self, pool: ArmsPool, workers: Iterable[Worker]) -> None:
        """Let those that have a checkout import from it."""
        for worker in workers:
            if worker.tree is not None and worker.alive and worker not in self.entered:
                self.entered.add(worker)
                request = EnterTree(worker.tree, self.origin.from_head(worker.tree))
                pool.ask(worker, "entering its checkout", request)

    def note(self, worker: Worker, facts: ModelFacts) -> None:
        """A worker has opened the model."""
        if worker.tree is not None and variant_of(worker.name) == BASELINE:
            self.facts[worker.tree.role] = facts

    def without_model(self, workers: Mapping[str, Worker]) -> None:
        """What a checkout can't build, none of its variants can run: all fail in its eager worker's words."""
        for role in self.trees:
            eager = workers.get(arm(BASELINE, role))
            if eager is None or eager.failure is None:
                continue
            for worker in workers.values():
                if worker.alive and worker.tree is not None and worker.tree.role == role:
                    worker.fail(eager.failure.kind, eager.failure.sentence, eager.failure.details)

    def prove(self, pool: ArmsPool, workers: Iterable[Worker]) -> None:
        """Ask each where its modules come from; one that has imported anything of another arm has failed."""
        roots = tuple(root for tree in self.trees.values() for root in (tree.head, tree.root, tree.built) if root)
        for worker in workers:
            if not self.trees or not worker.alive:
                continue
            proof = pool.ask(worker, "saying where its modules come from", ProveTree(roots))
            if proof is None:
                continue
            self.proofs[worker.name] = proof
            problem = self.problem(worker.tree, proof)
            if problem:
                worker.fail(FailureKind.WRONG_SOURCE, f"{worker.name} {problem}")

    def problem(self, tree: SourceTree | None, proof: TreeProof) -> str:
        """What is wrong with where a worker's modules come from; "" where nothing is."""
        if tree is None:
            return next(
                (
                    f"is of the head, and imported {name} from the checkout {each.root}"
                    for each in self.trees.values()
                    for name, file in proof.loaded.items()
                    if each.is_of_tree(file)
                ),
                "",
            ) or self._of_the_head(proof)
        if proof.commit != tree.commit:
            return f"ran the checkout {tree.root}, which is at {proof.commit[:12]} and not at {tree.commit[:12]}"
        kept = self.origin.from_head(tree)
        for name, file in proof.loaded.items():
            if tree.is_of_head(file) and not _within(name, file, kept):
                return f"imported {name} from the head ({file}), so the head would be compared with itself"
            others = [each for each in self.trees.values() if each is not tree]
            if any(each.is_of_tree(file) for each in others):
                return f"imported {name} from another checkout ({file})"
        return self._shared(tree, proof) or self._unused(tree, proof)

    def _of_the_head(self, proof: TreeProof) -> str:
        """What speaks against that a worker of the working tree runs its files; "" where nothing does."""
        tree = next(iter(self.trees.values()))
        return other_copy(tree, self.kept, proof) or older_extension(tree.head, self.kept, proof.origin.extensions)

    def compared(self, asked: BaseComparison) -> BaseComparison:
        """What was asked for, with what the arms turned out to be: which versions differ, and whether anything does."""
        head, base = (self.proofs.get(name) for name in (BASELINE, arm(BASELINE, BASE)))
        if head is None or base is None:
            return asked
        names = sorted({*head.versions, *base.versions})
        versions = {name: (base.versions.get(name, MISSING), head.versions.get(name, MISSING)) for name in names}
        return asked.with_changed({name: pair for name, pair in versions.items() if pair[0] != pair[1]})

    def _shared(self, tree: SourceTree, proof: TreeProof) -> str:
        """What is of the project, and was imported from where it is installed; "" for nothing."""
        head = self.proofs.get(BASELINE)
        installed = {**proof.installed, **(head.installed if head is not None else {})}
        if tree.built is not None:
            return ""
        return installed_copy(tree.head, self.kept, installed, self.origin.measured)

    def _unused(self, tree: SourceTree, proof: TreeProof) -> str:
        """Why nothing that a worker measures is of its checkout; "" where something is, or it only loads a file."""
        if not proof.origin.measured and not proof.origin.factory:
            return ""
        files = {**proof.origin.factory, **proof.origin.measured}
        if any(tree.is_of_tree(file) for file in files.values()):
            return ""
        where = next(iter(files.values()), "nowhere")
        return f"measures nothing of its checkout {tree.root}: the module comes from {where}, as the head's does"


def _within(name: str, file: str, kept: Mapping[str, str]) -> bool:
    """Whether a module is one of `kept`, or lies in one: by its name, or, where it was loaded by its place, by that."""
    folders = [Path(each).parent for each in kept.values() if Path(each).stem == "__init__"]
    named = any(name == each or name.startswith(f"{each}.") for each in kept)
    return named or any(Path(file).is_relative_to(folder) for folder in folders)


def is_told_of(worker: Worker) -> bool:
    """Whether a worker's imports are looked at: those of every arm, and the head's own."""
    return worker.tree is not None or is_variant(worker.name)
