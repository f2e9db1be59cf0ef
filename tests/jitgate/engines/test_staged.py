"""Names of variants that are given per stage."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from jitgate.config.staged import with_staged
from jitgate.engines.builtin import built_in
from jitgate.engines.staged import is_staged, staged_variant, stages_of
from jitgate.model.errors import UsageError
from jitgate.model.variant import VariantSpec
from jitgate_cosyvoice.registry import shipped_workloads

VARIANTS = {
    **built_in().variants,
    "half": VariantSpec("half", "my:half", precision="fp16"),
    "brain": VariantSpec("brain", "my:brain", precision="bf16"),
}


def test_a_name_gives_each_stage_its_engine() -> None:
    found = staged_variant("flow_encoder=torchscript,vocoder=half", VARIANTS, built_in(), "my.toml")
    assert [(stage, engine.name) for stage, engine in found.stages] == [
        ("flow_encoder", "torchscript"),
        ("vocoder", "half"),
    ]
    assert found.name == "flow_encoder=torchscript,vocoder=half"
    assert (found.precision, found.exported, found.where) == ("fp16", False, "my.toml")
    assert VariantSpec(**asdict(found)).name == found.name, "it goes to a worker as plain values"


def test_what_runs_as_before_is_not_changed() -> None:
    assert stages_of("flow_encoder=eager,vocoder=torchscript") == ("vocoder",)
    assert stages_of("torchscript") == ()
    assert not is_staged("torchscript+fp16")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flow_encoder=", "write stage=engine, once or more"),
        ("=torchscript", "write stage=engine, once or more"),
        ("flow_encoder=torchscript,", "write stage=engine, once or more"),
        ("flow_encoder=torchscript, vocoder=eager", "with ',' between and no spaces"),
        ("flow_encoder=torchscrip", "there is no variant 'torchscrip', did you mean 'torchscript'?"),
        ("a=torchscript,a=inductor", "names the stage 'a' twice"),
        ("a=half,b=brain", "mixes bf16 and fp16; give its stages one precision"),
    ],
)
def test_a_name_that_is_none_is_one_sentence(name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        staged_variant(name, VARIANTS, built_in(), "my.toml")
    assert str(caught.value).startswith(f"my.toml: {name!r}")
    assert said in str(caught.value)


def test_workloads_bring_the_variants_that_they_spell() -> None:
    mine = replace(shipped_workloads()["cosyvoice2.pipeline"], variants=("eager", "a=half"))
    found = with_staged(VARIANTS, [mine], built_in())
    assert set(found) - set(VARIANTS) == {"a=half"}
    assert VARIANTS.keys() <= found.keys()
