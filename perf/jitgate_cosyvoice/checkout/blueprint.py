"""A HyperPyYAML file of which one node is built at a time: the encoder alone, without its trainer.

HyperPyYAML itself builds a whole file, and CosyVoice's describe the data pipeline and the trainer too: that would
import a dozen packages which inference does not need, and build more models than the one whose memory is measured. It
(1.2.3) also needs a ruamel.yaml below 0.19. So the part of it that CosyVoice's files are written in is read here, on
PyYAML: `!new:`, `!name:`, `!apply:`, `!ref`, `!copy`, tuples, reference_variants.

What a file names is imported and called, as HyperPyYAML does, but for the names that `allowed.py` does not follow: code
of the checkout runs, which is the user's own, and belongs into workers; a file alone can't run anything.
Source: HyperPyYAML's documentation of its syntax (speechbrain/HyperPyYAML).
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jitgate.model.error_words import first_words, shortly
from jitgate.model.errors import Unavailable, UsageError

Locate = Callable[[str, str, str], Any]
"""(dotted name, tag as in `!new`, where it stands) -> the object; raises UsageError."""

LONGEST_BYTES = 1 << 20
"""CosyVoice's own files have 10 KiB."""

LARGEST_POWER = 64
"""What `2 ** 64` is exceeded by is no size of a model, and takes minutes to work out."""

_PLAIN = "tag:yaml.org,2002:"
_PLAIN_TAGS = tuple(
    f"{_PLAIN}{kind}" for kind in ("null", "bool", "int", "float", "str", "seq", "map", "timestamp", "merge", "binary")
)

_REFERENCE = re.compile(r"<([^<>]*)>")
_TUPLE = re.compile(r"\((.*)\)", re.DOTALL)
_FLOAT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
"""`1e-06`, which YAML 1.1, unlike 1.2, takes for text."""

_TEXT = "tag:yaml.org,2002:str"


def _power(base: Any, power: Any) -> Any:
    if abs(power) > LARGEST_POWER or abs(base) > 2**LARGEST_POWER:
        raise ValueError(f"{base} ** {power} is larger than any size")
    return base**power


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


class Blueprint:
    """One file. `where` begins every message; `locate` imports what the file names. given: values of keys of the file
    that stand there for others to refer to, in place of its own.

    Raises UsageError for a file that can't be read, and for one that is not YAML.
    """

    def __init__(self, path: Path, where: str, locate: Locate, given: Mapping[str, Any] | None = None) -> None:
        try:
            import yaml
        except ImportError:
            raise UsageError(
                f"{where} is written in HyperPyYAML, and PyYAML is missing to read it: pip install 'jitgate[cosyvoice]'"
            ) from None
        self._yaml = yaml
        self._where = where
        self._locate = locate
        self._made: dict[int, Any] = {}
        self._open: list[int] = []
        try:
            with path.open("rb") as file:
                text = file.read(LONGEST_BYTES + 1)
            if len(text) > LONGEST_BYTES:
                raise UsageError(f"{where} is longer than {LONGEST_BYTES} bytes, and no blueprint of a model")
            self._root = yaml.compose(text.decode("utf-8"), Loader=yaml.SafeLoader)
        except OSError as error:
            raise UsageError(f"{where} can't be read: {error.strerror}") from error
        except (UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
            raise UsageError(f"{where} is not valid YAML: {first_words(str(error))}") from error
        for key, value in (given or {}).items():
            if (node := self._child(self._root, key)) is not None:
                self._made[id(node)] = value

    def build(self, key: str) -> Any:
        """What stands at `key`, as in `flow.encoder`, and all that it refers to; nothing else. One object a node."""
        node = self._root
        for part in key.split("."):
            node = self._child(node, part)
            if node is None:
                raise UsageError(f"{self._where} has no key {key!r}")
        try:
            return self._value(node, key)
        except (UsageError, Unavailable):
            raise
        except (self._yaml.YAMLError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise UsageError(f"{self._at(key)} can't be read ({shortly(error)})") from error

    def import_all(self, key: str) -> None:
        """Import what `build` would call, and build nothing."""
        todo: list[Any] = [self._root]
        seen: set[int] = set()
        for part in key.split("."):
            todo = [child for node in todo if (child := self._child(node, part)) is not None]
        while todo:
            node = todo.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            kind, _, name = node.tag.partition(":")
            if kind in ("!new", "!name", "!apply"):
                self._locate(name, kind, self._at(key))
            if node.tag in ("!ref", "!copy"):
                names = (found.partition(".")[0].partition("[")[0] for found in _REFERENCE.findall(str(node.value)))
                todo += [child for each in names if (child := self._child(self._root, each)) is not None]
            elif isinstance(node, self._yaml.MappingNode):
                todo += [value for _, value in node.value]
            elif isinstance(node, self._yaml.SequenceNode):
                todo += node.value

    def _value(self, node: Any, key: str) -> Any:
        if id(node) in self._made:
            return self._made[id(node)]
        if id(node) in self._open:
            raise UsageError(f"{self._at(key)} refers to itself")
        self._open.append(id(node))
        value = self._made[id(node)] = self._construct(node, key)
        self._open.pop()
        return value

    def _construct(self, node: Any, key: str) -> Any:
        kind, _, name = node.tag.partition(":")
        if kind in ("!new", "!apply"):
            return self._call(kind, name, node, key)
        if kind == "!name":
            found = self._locate(name, kind, self._at(key))
            positional, named = self._arguments(node, key)
            return functools.partial(found, *positional, **named) if positional or named else found
        if node.tag in ("!ref", "!copy"):
            value = self._referred(str(node.value), key)
            return copy.deepcopy(value) if node.tag == "!copy" else value
        if node.tag not in _PLAIN_TAGS:
            raise UsageError(f"{self._at(key)} is {node.tag!r}, which is not read here; write out what it stands for")
        if isinstance(node, self._yaml.MappingNode):
            self._yaml.constructor.SafeConstructor().flatten_mapping(node)  # `<<: *anchor`
            return {
                (name := self._value(under, key)): self._value(value, f"{key}.{name}") for under, value in node.value
            }
        if isinstance(node, self._yaml.SequenceNode):
            return [self._value(item, f"{key}[{number}]") for number, item in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: Any) -> Any:
        plain = node.tag == _TEXT and node.style is None
        if plain and _FLOAT.fullmatch(node.value):
            return float(node.value)
        inside = _TUPLE.fullmatch(node.value) if plain else None
        if inside:
            return tuple(self._yaml.safe_load(f"[{inside[1]}]"))
        return self._yaml.constructor.SafeConstructor().construct_object(node)

    def _call(self, tag: str, name: str, node: Any, key: str) -> Any:
        called = self._locate(name, tag, self._at(key))
        positional, named = self._arguments(node, key)
        try:
            inspect.signature(called).bind(*positional, **named)
        except TypeError as error:
            raise UsageError(
                f"{self._at(key)}: {name} does not take what the file gives it ({error}); "
                "file and checkout are of different versions"
            ) from error
        except ValueError:
            pass  # written in C, without a signature: its own words have to do
        try:
            return called(*positional, **named)
        except (UsageError, Unavailable):
            raise
        except Exception as error:
            raise UsageError(f"{self._at(key)}: {name} can't be built ({shortly(error)})") from error

    def _arguments(self, node: Any, key: str) -> tuple[list[Any], dict[str, Any]]:
        """A sequence holds positional arguments, a mapping named ones, a scalar none."""
        if isinstance(node, self._yaml.MappingNode):
            return [], {str(under.value): self._value(value, f"{key}.{under.value}") for under, value in node.value}
        if isinstance(node, self._yaml.SequenceNode):
            return [self._value(item, f"{key}[{number}]") for number, item in enumerate(node.value)], {}
        return [], {}

    def _referred(self, text: str, key: str) -> Any:
        """`<name>` is the object itself; in longer text, names are filled in, and a sum is worked out."""
        whole = _REFERENCE.fullmatch(text.strip())
        if whole:
            return self._named(whole[1], key)
        return arithmetic(_REFERENCE.sub(lambda found: str(self._named(found[1], key)), text))

    def _named(self, reference: str, key: str) -> Any:
        """`key`, `key[inner]`, or `key.attribute` of what is built there."""
        path, _, attributes = reference.partition(".")
        node = self._root
        for part in path.replace("]", "").split("["):
            node = self._child(node, part)
            if node is None:
                raise UsageError(f"{self._at(key)} refers to <{reference}>, which is not in the file")
        value = self._value(node, path)
        for attribute in attributes.split(".") if attributes else ():
            if attribute.startswith("_") or not hasattr(value, attribute):
                raise UsageError(f"{self._at(key)} refers to <{reference}>, which has no public {attribute!r}")
            value = getattr(value, attribute)
        return value

    def _child(self, node: Any, name: str) -> Any:
        """What a mapping has under `name`, or a sequence at that place; None where there is nothing."""
        if isinstance(node, self._yaml.MappingNode):
            return next((value for under, value in node.value if under.value == name), None)
        if isinstance(node, self._yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
            return node.value[int(name)]
        return None

    def _at(self, key: str) -> str:
        return f"{self._where}, {key}"


def arithmetic(text: str) -> Any:
    """What `25 * 2` comes to; text that is no sum of numbers stays what it is."""
    try:
        return _worked_out(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, KeyError, ZeroDivisionError):
        return text


def _worked_out(node: ast.AST) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_worked_out(node.left), _worked_out(node.right))
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_worked_out(node.operand))
    raise KeyError(type(node))
