"""Checks a score against its plan and against the chord guarantee.

This is the second, independent implementation of docs/chord-guarantee.md: it reads a score and a
plan, and shares no code with the decoder.
"""

from .check import verify
from .report import NonChordTone, Report, Violation, report_json, report_text

__all__ = ["NonChordTone", "Report", "Violation", "report_json", "report_text", "verify"]
