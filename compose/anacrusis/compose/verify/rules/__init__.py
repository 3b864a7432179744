"""The rules that a plan states (`Plan.rules`), read from the finished notes.

Second implementations of the docstrings in `anacrusis.compose.rules`, from which only the rules'
values and tables are taken.
"""

from .broken import rules_broken

__all__ = ["rules_broken"]
