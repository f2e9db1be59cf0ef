"""What an export depends on."""

import pytest
import torch
from jitgate.cache.keys import digest_of
from jitgate.model.inputs import Call
from jitgate.worker.content import (
    runtime_facts,
    shapes,
    signature,
    source_digest,
    spread_of_shapes,
    values_of,
    weight_bytes,
    weights_digest,
)

from tests.jitgate.pool.models import Tiny


def seeded(seed: int) -> Tiny:
    torch.manual_seed(seed)
    return Tiny()


def test_equal_weights_have_equal_digests_and_one_changed_number_another() -> None:
    one, two = seeded(0), seeded(0)
    assert weights_digest(one) == weights_digest(two) != weights_digest(seeded(1))
    with torch.no_grad():
        two.second.bias[3] += 1e-7
    assert weights_digest(one) != weights_digest(two)


def test_the_precision_of_weights_is_part_of_them() -> None:
    assert weights_digest(seeded(0)) != weights_digest(seeded(0).bfloat16())


def test_the_structure_is_part_of_the_source() -> None:
    changed = seeded(0)
    changed.first = torch.nn.Linear(64, 64, bias=False)
    assert source_digest(seeded(0)) == source_digest(seeded(1)) != source_digest(changed)


def test_calls_that_differ_in_length_only_share_a_signature() -> None:
    def call(length: int, streaming: bool = False) -> str:
        return signature((torch.zeros(1, length, 8), torch.zeros(0, 0), streaming))

    assert call(25) == call(112)
    assert call(25) != call(25, streaming=True)
    assert call(25) != call(1), "size 1 is specialised by torch.export"
    assert signature((torch.zeros(3),)) != signature((torch.zeros(3, dtype=torch.int64),))


def test_the_sizes_that_differ_are_named() -> None:
    calls = [(torch.zeros(1, length, 8), torch.zeros(1), 3) for length in (4, 5)]
    assert spread_of_shapes(calls) == "1,*,8;1"


def test_a_key_depends_on_every_fact() -> None:
    facts: dict[str, object] = {"torch": "2.13.0", "device": "cpu"}
    assert digest_of(facts) == digest_of(dict(reversed(facts.items())))
    assert digest_of(facts) != digest_of({**facts, "torch": "2.14.0"})


def test_the_runtime_is_that_of_this_process() -> None:
    facts = runtime_facts("cpu")
    assert facts["torch"] == torch.__version__
    assert "card" not in facts


def test_tied_weights_are_counted_once() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(8, 8, bias=False), torch.nn.Linear(8, 8, bias=False))
    assert weight_bytes(module) == 2 * 8 * 8 * 4
    module[1].weight = module[0].weight
    assert weight_bytes(module) == 8 * 8 * 4


class Extra(torch.nn.Module):
    """Keeps in its state what is no tensor."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version
        self.layer = torch.nn.Linear(2, 2, bias=False)
        self.register_buffer("sparse", torch.eye(3).to_sparse())

    def get_extra_state(self) -> object:
        return {"version": self.version, "type": torch.float16, "object": object(), "table": torch.arange(3)}


def test_a_state_may_hold_anything() -> None:
    def extra(version: int) -> Extra:
        torch.manual_seed(0)
        return Extra(version)

    assert weights_digest(extra(1)) == weights_digest(extra(1)) != weights_digest(extra(2))
    assert weight_bytes(extra(1)) == 4 * 4 + 3 * 8 + 3 * (2 * 8 + 4)


@pytest.mark.filterwarnings("ignore")
def test_quantised_weights_have_a_digest_and_a_size() -> None:
    def quantised(seed: int) -> torch.nn.Module:
        module = torch.nn.Sequential(seeded(seed))
        found: torch.nn.Module = torch.ao.quantization.quantize_dynamic(  # type: ignore[no-untyped-call]
            module, {torch.nn.Linear}, dtype=torch.qint8
        )
        return found

    assert weights_digest(quantised(0)) == weights_digest(quantised(0)) != weights_digest(quantised(1))
    scale_and_zero_point = 4 + 8
    assert weight_bytes(quantised(0)) == 2 * (64 * 64 + 4 * 64 + scale_and_zero_point)


def test_the_names_of_arguments_are_part_of_a_signature() -> None:
    x = torch.zeros(3)
    assert signature(Call((), {"a": x})) != signature(Call((), {"b": x})) != signature((x,))
    assert signature(Call((x,), {"a": x, "b": 1})) == "torch.float32[n] ['a']=torch.float32[n] ['b']=1"
    assert signature(({"a": x},)) != signature(({"b": x},))
    assert shapes(Call((x,), {"a": x})) == "(3,) (3,)"


def test_plain_arguments_that_differ_are_counted_and_named_from_one() -> None:
    x = torch.zeros(2, 8)
    calls: list[tuple[object, ...]] = [(x, offset, 3, {"scale": offset % 2}) for offset in range(40)]
    assert values_of(calls) == {"argument 2": 40, "argument 4['scale']": 2}
    assert values_of([(x, 1), (torch.zeros(3, 8), 1)]) == {}
