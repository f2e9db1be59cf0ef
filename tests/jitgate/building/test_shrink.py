"""A narrowed configuration is one that its model takes."""

from __future__ import annotations

import pytest
from jitgate.building.shrink import LAYERS, TOKENS, narrowed
from jitgate.model.own_model import OwnModel


def test_widths_and_heads_are_divided_by_one_number() -> None:
    table = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072, "head_dim": 64}
    small = next(narrowed(table))
    assert small == {"hidden_size": 64, "num_attention_heads": 1, "intermediate_size": 256, "head_dim": 64}


def test_parts_that_must_agree_still_do() -> None:
    table = {
        "projection_dim": 512,
        "text": {"hidden_size": 512, "num_attention_heads": 8},
        "vision": {"hidden_size": 768, "num_attention_heads": 12},
    }
    small = next(narrowed(table))
    assert small["projection_dim"] == 128
    assert small["text"] == {"hidden_size": 128, "num_attention_heads": 2}
    assert small["vision"] == {"hidden_size": 192, "num_attention_heads": 3}


def test_layers_of_every_kind_stay() -> None:
    table = {"num_hidden_layers": 6, "layer_types": ["local", "local", "local", "global", "local", "global"]}
    assert next(narrowed(table)) == {"num_hidden_layers": LAYERS, "layer_types": ["local", "global"]}


def test_special_tokens_lie_in_the_vocabulary_and_stay_apart() -> None:
    table = {"vocab_size": 50000, "image_token_id": 49000, "pad_token_id": 0, "eos_token_id": [49001, 1]}
    small = next(narrowed(table))
    assert small["vocab_size"] == TOKENS
    assert small["pad_token_id"] == 0
    tokens = [small["image_token_id"], *small["eos_token_id"]]
    assert max(tokens) < TOKENS
    assert len(set(tokens)) == len(tokens)


def test_labels_keep_their_numbers() -> None:
    table = {"hidden_size": 8, "id2label": {0: "no", 1: "yes"}}
    assert next(narrowed(table))["id2label"] == {0: "no", 1: "yes"}


@pytest.mark.parametrize("name", ["bert", "t5", "llama", "whisper", "clip", "swin"])
def test_a_model_is_built_from_it(name: str) -> None:
    import torch
    from jitgate.building.transformers_models import narrow
    from jitgate.building.transformers_names import found

    model, config = found(name)
    small = narrow(model, config, OwnModel(name, "."))
    with torch.device("meta"):
        numbers = sum(parameter.numel() for parameter in model(small).parameters())
        whole = sum(parameter.numel() for parameter in model(config).parameters())
    assert numbers < whole / 5
