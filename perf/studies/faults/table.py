"""All rows of the matrix, in the order of the issue's parts."""

from __future__ import annotations

from studies.faults.disk import DISK
from studies.faults.doors import DOORS
from studies.faults.fault import Fault
from studies.faults.inputs import INPUTS
from studies.faults.judged import JUDGED
from studies.faults.saving import SAVING
from studies.faults.tested import TESTED
from studies.faults.workers import WORKERS

FAULTS: tuple[Fault, ...] = (*JUDGED, *SAVING, *WORKERS, *DISK, *INPUTS, *DOORS, *TESTED)
