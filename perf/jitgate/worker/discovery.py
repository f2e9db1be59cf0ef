"""What a worker is asked before anything is measured: which scenarios there are, and how a model is called."""

from __future__ import annotations

from jitgate.model import answers, requests
from jitgate.model.own_model import OwnModelFacts
from jitgate.worker.factories import build_workload, describe, resolve
from jitgate.worker.handlers import handles
from jitgate.workloads.own_model import OPTION


class DiscoveryService:
    """The part of a service that answers these requests; nothing of it stays."""

    @handles(requests.ListScenarios)
    def list_scenarios(self, request: requests.ListScenarios) -> tuple[str, ...]:
        return tuple(build_workload(request.factory, request.where).scenarios)

    @handles(requests.DescribeOwnModel)
    def describe_own_model(self, request: requests.DescribeOwnModel) -> OwnModelFacts:
        return describe(request.own, OPTION)

    @handles(requests.CheckFactory)
    def check_factory(self, request: requests.CheckFactory) -> answers.Done:
        resolve(request.factory, request.where)
        return answers.Done()
