"""`[tool.jitgate]`: what is understood, and one sentence for what is not."""

import tomllib
from pathlib import Path

import pytest
from jitgate.config.offered import Offered
from jitgate.config.policy import Policy
from jitgate.config.table import parse_policy, read_policy
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.non_finite import NonFinite
from jitgate.model.partly_quantised import PartlyQuantised
from jitgate.model.token_agreement import TokenAgreement
from jitgate.model.tolerance import TOLERANCE, tolerance
from jitgate.workloads.spec import WorkloadSpec
from jitgate_cosyvoice.registry import offered

from tests.jitgate.results import KINDS

CELL = Cell("cosyvoice2.flow_encoder", "5s", "torchscript")


def policy(text: str) -> Policy:
    return parse_policy(tomllib.loads(text), "my.toml", KINDS, offered())


def test_the_example_of_the_documentation_is_understood() -> None:
    found = policy(
        """
        alpha = 0.01
        memory_limit = "4GiB"
        on_inconclusive = "fail"
        [[gates]]
        workload = "cosyvoice2.flow_encoder"
        scenario = "*"
        variant = "torchscript"
        device = "cuda"
        min_speedup = 1.10
        [workloads."my.encoder"]
        factory = "mypackage.perf:encoder"
        variants = ["eager", "torchscript", "busy"]
        [variants."busy"]
        factory = "mypackage.perf:busy"
        """
    )
    assert found.limit("min_speedup", CELL, "cuda") == 1.10
    assert found.gate("min_speedup", CELL, "cpu") is None
    assert found.memory_limit_bytes == 4 << 30
    assert found.workloads["my.encoder"].variants == ("eager", "torchscript", "busy")
    assert not found.variants["busy"].exported


def test_the_cache_has_a_limit_where_one_is_set() -> None:
    assert policy('cache_limit = "20GiB"').cache_limit_bytes == 20 << 30
    assert policy("").cache_limit_bytes is None
    with pytest.raises(UsageError, match=r"\[tool.jitgate\]: cache_limit: '20' is not a size"):
        policy('cache_limit = "20"')


def test_the_baseline_is_always_measured() -> None:
    found = policy('[workloads."my.encoder"]\nfactory = "a:b"\nvariants = ["torchscript"]')
    assert found.workloads["my.encoder"].variants == ("eager", "torchscript")


def test_a_workload_says_what_it_reads_of_a_checkpoint() -> None:
    found = policy(
        '[workloads."my.encoder"]\nfactory = "a:b"\ncheckpoint = ["flow.pt"]\n[workloads."other"]\nfactory = "a:b"'
    )
    taken = found.workloads["my.encoder"].checkpoint_spec
    assert taken is not None
    assert (taken.files, taken.marker, taken.jit) == (("flow.pt",), "", None)
    assert found.workloads["other"].checkpoint_spec is None


def test_there_are_no_workloads_but_those_that_somebody_brings() -> None:
    mine = '[workloads."my.encoder"]\nfactory = "a:b"'
    assert list(parse_policy(tomllib.loads(mine), "my.toml", KINDS).workloads) == ["my.encoder"]
    assert parse_policy({}, "my.toml", KINDS).workloads == {}
    theirs = WorkloadSpec("their.encoder", "a:b", ("short",), ("eager", "torchscript"), where="their_package")
    brought = Offered(workloads={theirs.name: theirs})
    found = parse_policy(tomllib.loads(mine), "my.toml", KINDS, brought)
    assert list(found.workloads) == ["their.encoder", "my.encoder"]
    with pytest.raises(UsageError, match=r"their_package brings a workload of this name; choose another"):
        parse_policy(tomllib.loads(mine.replace("my.", "their.")), "my.toml", KINDS, brought)


def test_the_project_ships_gates_that_match_something() -> None:
    shipped = read_policy(Path(__file__).parents[3] / "pyproject.toml", KINDS, offered())
    cells = shipped.cells({name: spec.scenarios for name, spec in shipped.workloads.items()})
    shipped.check(cells)
    gated = {cell.id for cell in cells if shipped.gate("min_speedup", cell, "cpu")}
    assert "cosyvoice2.flow_encoder/first_chunk/inductor" in gated
    assert "cosyvoice2.flow_encoder/5s/torchscript" not in gated, "1.05 to 1.10 on a CPU: reported, not gated"
    limits = {cell: shipped.limit("max_memory", cell, "cpu") for cell in cells}
    own = {(cell.workload, cell.variant): limit for cell, limit in limits.items() if limit is not None}
    assert own == {("cosyvoice2.llm_decode", "eager"): 3 << 30}
    assert shipped.memory_limit_bytes == 4 << 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alpha = 0", "alpha = 0 must be a number from"),
        ("alpha = true", "alpha = True must be a number"),
        ("memry_limit = '4GiB'", "there is no setting 'memry_limit', did you mean 'memory_limit'?"),
        ("memory_limit = '4 parsecs'", "'4 parsecs' is not a size"),
        ("shipped = false", "shipped was removed: there are no workloads but your own"),
        ("ceiling = '4GiB'", "ceiling was removed: it is called memory_limit now"),
        ("plugins = 'mine'", "plugins = 'mine' must be a list of names"),
        ("[workloads.x]\nfactory = 'a:b'\nscenarios = ['5s/long']", "scenarios, '5s/long': a name is letters, digits"),
        ("on_inconclusive = 'shrug'", 'must be "fail", or "skip"'),
        ("[gates]\nvariant = 'x'", "with double brackets"),
        ("[[gates]]\nvariant = 'torchscript'", "number 1 sets no limit"),
        ("[[gates]]\nmin_speedup = '1.1'", "must be above 0: a ratio"),
        ("[[gates]]\nmin_speedup = -1", "must be above 0: a ratio"),
        ("[[gates]]\nmin_speedup = inf", "must be above 0: a ratio"),
        ("[[gates]]\nmin_speedup = 1.1\ndevice = 'tpu'", "device = 'tpu' must be one of"),
        ("[[gates]]\nmin_speedup = 1.1\nvariant = 'eager'", "has no meaning"),
        ("[[gates]]\nmax_p95_ms = 0", "max_p95_ms = 0 must be above 0: milliseconds"),
        ("[[gates]]\nmin_speedup_p95 = 1.1\nvariant = 'eager'", "min_speedup_p95 of 'eager' has no meaning"),
        ("[[gates]]\nmax_p98_ms = 10", "there is no setting 'max_p98_ms', did you mean 'max_p9"),
        ("[[gates]]\nmin_speedup = 1.1\nvariant = 3", "variant = 3 must be a string"),
        ("[[gates]]\nmax_memory = 'lots'", "'lots' is not a size"),
        ("[[gates]]\nspeedup = 1.1", "there is no setting 'speedup', did you mean 'min_speedup'?"),
        ("[workloads.'a b']\nfactory = 'a:b'", "it becomes part of a test id"),
        ("[workloads.x]\nfactory = 'a'", "must name a callable"),
        ("[workloads.x]\nvariants = ['eager']", "factory = None must name a callable"),
        (
            "[workloads.x]\nfactory = 'a:b'\nvariants = ['torchscrpt']",
            "no variant 'torchscrpt', did you mean 'torchscript'?",
        ),
        ("[workloads.x]\nfactory = 'a:b'\nvariants = 'eager'", "must be a list of names"),
        ("[workloads.x]\nfactory = 'a:b'\nvariants = ['eager', 'eager']", "names something twice"),
        ("[workloads.'cosyvoice2.flow_encoder']\nfactory = 'a:b'", "jitgate_cosyvoice brings a workload of this name"),
        ("[variants.eager]\nfactory = 'a:b'", "there is a variant of this name already"),
        ("[variants.busy]\nfactory = 'a:b'\nprecision = 'fp13'", "precision = 'fp13' must be one of"),
        ("[workloads.x]\nfactory = 'a:b'\ntolerance = 2", "tolerance = 2 must be above 0 and below 1"),
        ("[workloads.x]\nfactory = 'a:b'\ntolerance = true", "tolerance = True must be above 0 and below 1"),
        ("[workloads.x]\nfactory = 'a:b'\npartly_quantised = 1", 'partly_quantised = 1 must be "invalid", or "allow"'),
        ("[workloads.x]\nfactory = 'a:b'\nnon_finite = 'same'", 'non_finite = \'same\' must be "invalid", or "equal"'),
        (
            "[workloads.x]\nfactory = 'a:b'\ntoken_agreement = 0",
            "token_agreement = 0 must be as in { token_ids = 0, log_probs = 1, vocab_size",
        ),
        (
            "[workloads.x]\nfactory = 'a:b'\ntoken_agreement = {token_ids = 0, log_probs = 1}",
            "must be as in { token_ids = 0",
        ),
        (
            "[workloads.x]\nfactory = 'a:b'\ntoken_agreement = {token_ids = 1, log_probs = 1, vocab_size = 9}",
            "must be as in { token_ids = 0",
        ),
        (
            "[workloads.x]\nfactory = 'a:b'\ntoken_agreement = {token_ids = 0, log_probs = 1, vocab_size = '9'}",
            "must be as in { token_ids = 0",
        ),
        ("[workloads.x]\nfactory = 'a:b'\ntolerance = {fp13 = 0.1}", "tolerance: there is no precision 'fp13'"),
    ],
)
def test_what_is_not_understood_is_said_in_one_sentence_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        policy(text)
    sentence = str(caught.value)
    assert said in sentence
    assert sentence.startswith("my.toml")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        ("[[gates]]\nworkload = 'cosyvoice3.*'\nmin_speedup = 1.1", "there is no workload 'cosyvoice3.*'"),
        ("[[gates]]\nscenario = '7s'\nmin_speedup = 1.1", "there is no scenario '7s' (there are: 15s, 1s, 5s"),
        ("[[gates]]\nvariant = 'tensorrt'\nmin_speedup = 1.1", "there is no variant 'tensorrt'"),
        (
            "[[gates]]\nvariant = 'torch*'\nmin_speedup = 1.1\n[[gates]]\nscenario = '5s'\nmin_speedup = 1.2",
            "contradict each other: for cosyvoice2.flow_encoder/5s/torchscript they set min_speedup to 1.1 and 1.2",
        ),
    ],
)
def test_a_gate_that_can_not_be_applied_is_an_error(gates: str, said: str) -> None:
    found = policy(gates)
    cells = found.cells({name: spec.scenarios for name, spec in found.workloads.items()})
    with pytest.raises(UsageError) as caught:
        found.check(cells)
    assert said in str(caught.value)


def test_gates_for_different_devices_do_not_contradict_each_other() -> None:
    found = policy(
        "[[gates]]\nvariant = 'inductor'\ndevice = 'cpu'\nmin_speedup = 1.1\n"
        "[[gates]]\nvariant = 'inductor'\ndevice = 'cuda'\nmin_speedup = 1.2"
    )
    found.check(found.cells({name: spec.scenarios for name, spec in found.workloads.items()}))
    cell = CELL._replace(variant="inductor")
    assert [found.limit("min_speedup", cell, device) for device in ("cpu", "cuda")] == [1.1, 1.2]


def test_limits_on_slow_calls_are_read_and_the_baseline_may_have_one_in_milliseconds() -> None:
    found = policy("[[gates]]\nmin_speedup_p95 = 1.1\nmax_p95_ms = 150\nmax_p99_ms = 200.5")
    (gate,) = found.gates
    assert gate.limits == {"min_speedup_p95": 1.1, "max_p95_ms": 150.0, "max_p99_ms": 200.5}
    assert found.limit("max_p95_ms", CELL._replace(variant="eager"), "cuda") == 150.0


def test_a_gate_may_only_be_reported_and_say_who_said_it() -> None:
    found = policy("[[gates]]\nvariant = 'torchscript'\nmin_speedup = 1.1\non_fail = 'report'\nsource = 'section 3'")
    cell = CELL._replace(variant="torchscript")
    assert found.gate("min_speedup", cell, "cpu") is None
    ((gate, key, limit),) = found.reported(cell, "cpu")
    assert (gate.source, key, limit) == ("section 3", "min_speedup", 1.1)
    assert not found.names(cell, "cpu")


def test_a_file_that_is_not_there_or_not_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        read_policy(tmp_path / "none.toml", KINDS)
    broken = tmp_path / "broken.toml"
    broken.write_text("[tool.jitgate\n")
    with pytest.raises(UsageError, match=r"broken\.toml is not valid TOML: .*line 1"):
        read_policy(broken, KINDS)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not valid TOML"):
        read_policy(broken, KINDS)
    empty = tmp_path / "empty.toml"
    empty.write_text("[tool.other]\n")
    with pytest.raises(UsageError, match=r"has no \[tool\.jitgate\] table"):
        read_policy(empty, KINDS)


def test_a_workload_may_say_that_equal_infinities_are_right() -> None:
    found = policy('[workloads.x]\nfactory = "a:b"\nnon_finite = "equal"\n[workloads.y]\nfactory = "a:b"')
    assert [found.workloads[name].non_finite for name in "xy"] == [NonFinite.EQUAL, NonFinite.INVALID]


def test_a_workload_may_allow_integers_in_some_layers_only() -> None:
    found = policy('[workloads.x]\nfactory = "a:b"\npartly_quantised = "allow"\n[workloads.y]\nfactory = "a:b"')
    chosen = [found.workloads[name].partly_quantised for name in "xy"]
    assert chosen == [PartlyQuantised.ALLOW, PartlyQuantised.INVALID]


def test_a_workload_may_say_which_ids_are_chosen_by_which_scores() -> None:
    found = policy(
        '[workloads.x]\nfactory = "a:b"\ntoken_agreement = { token_ids = 0, log_probs = 2, vocab_size = 9 }\n'
        '[workloads.y]\nfactory = "a:b"'
    )
    assert found.workloads["x"].token_agreement == TokenAgreement(token_ids=0, log_probs=2, vocab_size=9)
    assert found.workloads["y"].token_agreement is None


def test_a_workload_may_bring_a_tolerance_of_its_own() -> None:
    found = policy(
        '[workloads.x]\nfactory = "a:b"\ntolerance = { bf16 = 0.2, fp32 = 1e-3 }\n'
        '[workloads.y]\nfactory = "a:b"\ntolerance = 1e-3\n[workloads.z]\nfactory = "a:b"'
    )
    limits = {
        name: [tolerance(precision, found.workloads[name].tolerance) for precision in ("fp32", "bf16", "fp16")]
        for name in ("x", "y", "z")
    }
    assert limits == {
        "x": [1e-3, 0.2, TOLERANCE["fp16"]],
        "y": [1e-3] * 3,
        "z": [TOLERANCE["fp32"], TOLERANCE["bf16"], TOLERANCE["fp16"]],
    }
