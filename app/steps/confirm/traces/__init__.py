"""Traces: what programs left of a record that goes, and what no search of files reaches."""

from app.steps.confirm.traces.limits import system_limits
from app.steps.confirm.traces.step import find_traces

__all__ = ["find_traces", "system_limits"]
