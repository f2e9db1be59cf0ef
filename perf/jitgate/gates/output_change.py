"""`max_output_change = 1e-4`: how far the head's output may be from that of another commit."""

from __future__ import annotations

from jitgate.gates.base_validity import changed_output, output_change
from jitgate.gates.kind import Asked, GateKind, Judged, sentence
from jitgate.model.cell import Cell
from jitgate.model.variant import BASE, BASELINE, arm
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome
from jitgate.workloads.spec import WorkloadSpec


class MaxOutputChange(GateKind):
    """Of eager's output, as a relative L2 distance. Whatever it allows, gates on slowdown take for the same answer."""

    key, attribute, heading = "max_output_change", "output_change", "output"
    question = "right"
    expected = "above 0: a relative L2 distance, as in 1e-4"
    only_where_set = True
    needs_base = True

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:  # noqa: ARG002 - of every workload
        return cell.variant == BASELINE

    def figure(self, asked: Asked) -> Figure | None:
        change = output_change(asked)
        return None if change is None else Figure.exact(change, f"output change {change:.1e}")

    def compare(self, asked: Asked, limit: float) -> Judged:
        base = asked.measurement.base
        samples = asked.measurement.all_samples.get(arm(BASELINE, BASE))
        if base is None or samples is None or samples.failure is not None:
            why = "no base was run" if samples is None or samples.failure is None else samples.failure.sentence
            new = base is not None and samples is not None and base.is_new(asked.cell.workload)
            outcome = Outcome.INCONCLUSIVE if new else Outcome.INVALID
            return Judged(outcome, sentence(f"The outputs of base and head were not compared: {why}"), lenient=new)
        other = changed_output(asked)
        if other is not None:
            outcome = Outcome.FAIL if output_change(asked) is not None else Outcome.INVALID
            return Judged(outcome, other.reason)
        return Judged(
            Outcome.PASS, f"Relative L2 distance {output_change(asked):.1e} from {base.text}, {limit:g} allowed."
        )
