"""Every fault of `fault_server`, by the name of its function."""

from __future__ import annotations

from chat.tests import faults_of_responses, faults_of_streams  # noqa: F401  they register themselves
from chat.tests.fault_server import FAULTS, WORDS

__all__ = ["FAULTS", "WORDS"]
