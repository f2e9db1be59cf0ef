"""Overrides of a module's `__call__`, whose work an exported file leaves out: it holds what `forward` computes."""

from __future__ import annotations

import ast
import contextlib
import inspect
import textwrap
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

METHODS = ("__call__", "_wrapped_call_impl", "_call_impl")
"""What Python and torch run around `forward`."""

KNOWN = frozenset(
    (
        *("torch", "torchvision", "torchaudio", "torchao", "transformers", "diffusers", "timm", "accelerate", "peft"),
        *("lightning", "lightning_fabric", "pytorch_lightning", "keras", "gpytorch", "linear_operator", "botorch"),
        *("pyro", "kornia", "typeguard", "beartype", "jaxtyping"),
    )
)
"""Packages whose overrides prepare, check or route a call, and whose decorators are looked through."""

FORWARD = (*METHODS, "forward")

HARMLESS = frozenset(
    (
        *("super", "cast", "isinstance", "len", "type", "dim", "size", "is_floating_point"),
        *("no_grad", "inference_mode", "TypeError", "ValueError", "RuntimeError", "AssertionError"),
    )
)
"""What code may call that only looks at its arguments and passes them on."""

PLAIN = (
    *(ast.Return, ast.Expr, ast.Assert, ast.If, ast.Raise, ast.With, ast.withitem, ast.Pass),
    *(ast.Call, ast.Starred, ast.keyword, ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Tuple),
    *(ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop, ast.UnaryOp, ast.Not, ast.USub, ast.IfExp, ast.JoinedStr),
    *(ast.FormattedValue, ast.expr_context),
)
"""What such code is made of: no arithmetic, no loop, nothing that is kept."""


@dataclass(frozen=True)
class Override:
    """owner: the class, or the one module, that has `method` in place of torch's."""

    owner: Any
    method: str

    def __str__(self) -> str:
        kind = self.owner if isinstance(self.owner, type) else type(self.owner)
        return f"{kind.__module__}.{kind.__qualname__}.{self.method}"


def overrides_of(module: torch.nn.Module) -> tuple[Override, ...]:
    """Those of a user's that a call of `module` may run, those of its layers included. Left out are the ones that only
    check their arguments and pass them on, as for a type checker, and those of torch and of known packages."""
    kinds = dict.fromkeys(kind for layer in module.modules() for kind in type(layer).__mro__)
    owners = [*kinds, *(layer for layer in module.modules() if METHODS[-1] in vars(layer))]
    found = [Override(owner, method) for owner in owners for method in METHODS if method in vars(owner)]
    return tuple(each for each in found if _works(vars(each.owner)[each.method], getattr(each.owner, "forward", None)))


@contextlib.contextmanager
def without_overrides(overrides: Collection[Override]) -> Iterator[set[Override]]:
    """What they override runs in their place, inside of this block; which of them a call would have run."""
    ran: set[Override] = set()
    held: list[tuple[Override, Any]] = []
    try:
        for each in overrides:
            held.append((each, vars(each.owner)[each.method]))
            setattr(each.owner, each.method, _passed_on(each, ran))
        yield ran
    finally:
        for each, before in held:
            setattr(each.owner, each.method, before)


def _passed_on(override: Override, ran: set[Override]) -> Any:
    import torch

    def passed(self: Any, *args: Any, **kwargs: Any) -> Any:
        ran.add(override)
        if override.owner is torch.nn.Module:
            follow = self._wrapped_call_impl if override.method == METHODS[0] else self.forward
        else:
            follow = getattr(super(override.owner, self), override.method)
        return follow(*args, **kwargs)

    if isinstance(override.owner, type):
        return passed

    def passed_by_class(*args: Any, **kwargs: Any) -> Any:
        ran.add(override)
        return getattr(type(override.owner), override.method)(override.owner, *args, **kwargs)

    return passed_by_class


def _works(method: Any, forward: Any) -> bool:
    """Whether this is code of a user's that does more than pass its arguments on, and is not `forward` itself."""
    function = getattr(method, "__func__", method)
    if function is getattr(forward, "__func__", forward):
        return False
    while _package(function) in KNOWN:
        if not hasattr(function, "__wrapped__"):
            return False
        function = function.__wrapped__
    return not _passes_on(getattr(function, "__code__", None))


def _passes_on(code: Any) -> bool:
    """Whether this calls `forward` once and, besides, only looks at arguments. False where its source is not known."""
    try:
        # Of the code, not of the function, which may say that it is another that it wraps.
        body = ast.parse(textwrap.dedent(inspect.getsource(code))).body
    except (OSError, TypeError, SyntaxError):
        return False
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        return False
    nodes = [node for statement in body[0].body for node in ast.walk(statement)]
    called = [_called(node.func) for node in nodes if isinstance(node, ast.Call)]
    forwards = sum(name in FORWARD for name in called)
    return forwards == 1 and HARMLESS.issuperset({*called} - {*FORWARD}) and all(map(_is_plain, nodes))


def _called(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _is_plain(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return all(isinstance(target, ast.Name) for target in targets)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) or isinstance(node.operand, ast.Constant)
    return isinstance(node, PLAIN)


def _package(function: Any) -> str:
    """The package whose code this is, whatever name it gives itself."""
    name = getattr(function, "__globals__", {}).get("__name__") or getattr(function, "__module__", None) or ""
    return str(name).split(".")[0]
