"""`--jitgate-shrink`: a configuration with the same parts, narrowed until a call takes milliseconds.

What is divided stays divisible: every width and every number of heads, in nested configurations too, is divided by one
number, so that the size of a head, and what two parts must agree on, stays. Two layers stay of each stack, 1,024
tokens of a vocabulary, eight experts; ids of special tokens move to the end of what is left.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

LAYERS = 2
TOKENS = 1024
EXPERTS = 8
NARROWINGS = 4
"""How many configurations `narrowed` gives at most."""

_HEADS = re.compile(r"(?:.*_)?(?:num_)?(?:attention_|key_value_|kv_)?heads?|n_heads?|num_heads_\w+|\w*_attention_heads")
_WIDTH = re.compile(
    r"(?:.*_)?(?:hidden_sizes?|intermediate_size|hidden_dims?|embed_dims?|embedding_(?:size|dim)|ffn_dim|mlp_dim|"
    r"projection_dim|inner_dim|ffn_hidden_size|model_dim|d_model|d_ff|d_inner|n_embd|n_inner|hidden_channels|emb_dim)|"
    r"dim|width|(?:out|output|cross_attention|encoder|text|vision|attention)_(?:hidden_size|dim)|feature_size"
)
_DEPTH = re.compile(r"(?:.*_)?(?:num_hidden_layers|(?:encoder|decoder)_layers|num_layers|n_layers?|depth|num_blocks)")
_STACKS = re.compile(r"(?:.*_)?(?:depths|layer_depths)")
_VOCABULARY = re.compile(r"(?:.*_)?(?:vocab_size|n_vocab|n_words|vocabulary_size)")
_TOKEN = re.compile(r".*_(?:token|word)_(?:id|index|ids)|(?:pad|bos|eos|unk|mask|sep|cls)_(?:index|token)")
_EXPERTS = re.compile(r"(?:.*_)?(?:num_experts|num_local_experts|n_routed_experts|moe_num_experts|num_moe_experts)")
_CHOSEN = re.compile(r"(?:.*_)?(?:num_experts_per_tok|moe_topk|moe_k|num_selected_experts|top_k_experts)")
_GROUPS = re.compile(r"(?:.*_)?(?:n_group|topk_group|num_expert_groups)")
"""Experts are chosen by groups of them, and a group must have as many as are chosen."""


Table = dict[str, Any]


def narrowed(table: Table) -> Iterator[Table]:
    """Configurations narrower than `table`, the narrowest first; which of them makes a model, a try tells."""
    tables = list(_tables(table))
    heads = [size for each in tables for size in _sizes(each, _HEADS) if size > 1]
    widths = [size for each in tables for size in _sizes(each, _WIDTH)]
    shared = math.gcd(*heads) if heads else 1
    ratios = [ratio for ratio in range(shared, 0, -1) if shared % ratio == 0 and not any(w % ratio for w in widths)]
    for layers in (LAYERS, None):
        for ratio in ratios[:2] if layers else ratios[:1]:
            yield _small(table, ratio, layers, _vocabulary(tables))
        if layers and ratios[-1] not in ratios[:2]:
            yield _small(table, 1, layers, _vocabulary(tables))


def _vocabulary(tables: list[Table]) -> int:
    """The smallest vocabulary of those that are cut: special tokens must lie in all of them."""
    return min([TOKENS, *(size for each in tables for size in _sizes(each, _VOCABULARY) if size > 64)])


def _tables(table: Table) -> Iterator[Table]:
    yield table
    for value in table.values():
        if isinstance(value, dict):
            yield from _tables(value)


def _sizes(table: Table, pattern: re.Pattern[str]) -> Iterator[int]:
    for key, value in table.items():
        if pattern.fullmatch(str(key)):
            yield from (each for each in (value if isinstance(value, list) else [value]) if type(each) is int)


def _small(table: Table, ratio: int, layers: int | None, tokens: int) -> Table:
    depths = set(_sizes(table, _DEPTH))
    small: Table = {}
    for key, value in table.items():
        if isinstance(value, dict):
            small[key] = _small(value, ratio, layers, tokens)
        elif layers and isinstance(value, list) and len(value) in depths and len(value) > layers:
            small[key] = _kinds_first(value)[:layers]
        else:
            small[key] = _each(value, _change(str(key), ratio, layers))
    return _with_tokens(small, tokens)


def _change(key: str, ratio: int, layers: int | None) -> Callable[[int], int]:
    """What becomes of the numbers under `key`."""
    most = {_VOCABULARY: TOKENS, _EXPERTS: EXPERTS, _CHOSEN: 2, _GROUPS: 1}
    if layers:
        most |= {_DEPTH: layers, _STACKS: 1}
    for pattern, limit in most.items():
        if pattern.fullmatch(key):
            return lambda size: min(size, limit)
    if _HEADS.fullmatch(key) or _WIDTH.fullmatch(key):
        return lambda size: max(1, size // ratio) if size > 0 else size
    return lambda size: size


def _with_tokens(table: Table, tokens: int) -> Table:
    """Special tokens beyond the vocabulary, at its end; each its own."""
    free = iter(range(tokens - 1, -1, -1))
    return {
        key: _each(value, lambda token: next(free) if token >= tokens else token)
        if _TOKEN.fullmatch(str(key))
        else value
        for key, value in table.items()
    }


def _each(value: Any, change: Callable[[int], int]) -> Any:
    if isinstance(value, list):
        return [_each(each, change) for each in value]
    return change(value) if type(value) is int else value


def _kinds_first(kinds: list[Any]) -> list[Any]:
    """One of each kind in the order of their first appearance, then the others."""
    try:
        once = list(dict.fromkeys(kinds))
    except TypeError:
        return kinds
    return [*once, *kinds] if len(once) > 1 else kinds
