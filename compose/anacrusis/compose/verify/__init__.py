"""Checks a score against its plan and against the chord guarantee.

This is the second, independent implementation of docs/chord-guarantee.md and of the rules that a
plan states: it reads a score and a plan, and shares no code with the decoder.
"""

from .check import verify
from .report import NonChordTone, Report, Violation, WishMet, report_json, report_text
from .sarif import report_sarif

__all__ = [
    "NonChordTone",
    "Report",
    "Violation",
    "WishMet",
    "report_json",
    "report_sarif",
    "report_text",
    "verify",
]
