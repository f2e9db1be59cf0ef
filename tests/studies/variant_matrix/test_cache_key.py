"""What the outcome of a cell hangs on: the source that it reaches, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.config.policy import Policy
from jitgate.engines.registry import variant_named
from jitgate.model.token_agreement import TokenAgreement
from jitgate.model.variant import VariantSpec
from jitgate_cosyvoice.registry import shipped_workloads
from studies.variant_matrix.cache_key import ROOT, lineage, source

VOCODER = shipped_workloads()["cosyvoice2-small.vocoder"]
ONNX = variant_named("onnxruntime")


def names(*modules: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in source(modules)}


def test_the_source_of_an_engine_is_what_it_imports_and_no_more() -> None:
    found = names("jitgate.engines.onnxruntime")
    assert {"variants/onnxruntime.py", "variants/onnx_graph.py", "variants/capture.py"} <= found
    assert not {"variants/registry.py", "variants/inductor.py", "variants/tensorrt.py"} & found


def test_the_source_of_a_model_is_found_through_functions_too() -> None:
    found = names("jitgate_cosyvoice.v2.pipeline")
    assert {"workloads/cosyvoice2/vocoder_layers.py", "workloads/cosyvoice2/llm_scenarios.py"} <= found
    assert "workloads/registry.py" not in found


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(["device", "torch", "onnxruntime"]), st.text(max_size=8)))
def test_another_device_or_version_is_another_key(made_on: dict[str, str]) -> None:
    key = lineage(VOCODER, ONNX, made_on)
    assert key == lineage(VOCODER, ONNX, dict(reversed(made_on.items())))
    assert key != lineage(VOCODER, ONNX, {**made_on, "torch": made_on.get("torch", "") + "+cu130"})


def test_every_variant_scenario_and_tolerance_has_a_key_of_its_own() -> None:
    every = [
        (VOCODER, ONNX),
        (VOCODER, variant_named("onnxruntime+fp16")),
        (VOCODER, variant_named("compile")),
        (VOCODER, variant_named("compile-max-autotune")),
        (replace(VOCODER, scenarios=("1s",)), ONNX),
        (replace(VOCODER, tolerance={"fp32": 1e-3}), ONNX),
        (replace(VOCODER, token_agreement=TokenAgreement(token_ids=0, log_probs=1, vocab_size=9)), ONNX),
        (shipped_workloads()["cosyvoice2-small.flow"], ONNX),
    ]
    keys = [lineage(workload, variant, {}) for workload, variant in every]
    assert None not in keys
    assert len(set(keys)) == len(every)


def test_what_a_user_brought_along_has_none() -> None:
    assert lineage(VOCODER, VariantSpec("mine", "mypackage.perf:mine"), {}) is None
    assert lineage(replace(VOCODER, factory="mypackage.perf:model"), ONNX, {}) is None


def test_of_a_pipeline_the_engines_of_its_stages_count() -> None:
    policy = Policy()
    pipeline = policy.workloads["cosyvoice2-small.pipeline"]
    keys = {lineage(pipeline, policy.variants[name], {}) for name in pipeline.variants}
    assert len(keys) == len(pipeline.variants)
