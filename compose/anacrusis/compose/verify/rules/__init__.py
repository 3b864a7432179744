"""The rules and wishes that a plan states, read from the finished notes.

Second implementations of the docstrings in `anacrusis.compose.rules`, from which only the rules'
values and tables are taken.
"""

from .broken import rules_broken, wishes_met

__all__ = ["rules_broken", "wishes_met"]
