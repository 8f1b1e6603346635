"""Home shows sessions, so its tests need some."""

from __future__ import annotations

from labeling.tests.conftest import claims, correct, ideal, make_session, make_traces

__all__ = ["claims", "correct", "ideal", "make_session", "make_traces"]
