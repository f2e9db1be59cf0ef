"""What a worker is asked before anything is measured: which scenarios there are, and how a model is called."""

from __future__ import annotations

from functools import cached_property

from jitgate.model import requests
from jitgate.model.own_model import OwnModelFacts
from jitgate.model.package_requests import ImportPackages, PackagesTaken
from jitgate.model.reads import ListedScenarios, Reads
from jitgate.worker.factories import build_workload, describe, resolve
from jitgate.worker.handlers import handles
from jitgate.worker.memory import Footprint
from jitgate.worker.observed_reads import ObservedReads
from jitgate.workloads.own_model import OPTION
from jitgate.workloads.weight_source import WeightSource, entered


class DiscoveryService:
    """The part of a service that answers these requests."""

    footprint: Footprint

    @cached_property
    def _observed(self) -> ObservedReads:
        return ObservedReads()

    @handles(requests.ListScenarios)
    def list_scenarios(self, request: requests.ListScenarios) -> ListedScenarios:
        observed = self._observed  # from before the factory is imported
        names = tuple(build_workload(request.factory, request.where).scenarios)
        return ListedScenarios(names, observed.of(request.factory))

    @handles(requests.DescribeOwnModel)
    def describe_own_model(self, request: requests.DescribeOwnModel) -> OwnModelFacts:
        return describe(request.own, OPTION)

    @handles(requests.CheckFactory)
    def check_factory(self, request: requests.CheckFactory) -> Reads:
        observed = self._observed
        resolve(request.factory, request.where)
        return observed.of(request.factory)

    @handles(ImportPackages)
    def import_packages(self, request: ImportPackages) -> PackagesTaken:
        before_bytes = self.footprint.level_bytes()
        with entered(WeightSource(request.checkpoint, request.checkout)):
            resolve(request.packages, request.where)(request.factory)
        return PackagesTaken(max(0, self.footprint.level_bytes() - before_bytes))
