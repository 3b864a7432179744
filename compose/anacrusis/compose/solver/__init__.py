"""Exact answers: whether any score keeps a plan, and where none does, which statements conflict.

A model in answer set programming (the files ``*.lp``, solved by clingo, docs/decisions/0012) of
what docs/chord-guarantee.md and the docstrings of `anacrusis.compose.rules` say. It shares the
values of the rules (what onsets a rhythm has, what level a dynamic) with the decoder, and no code.
"""

from .solve import Solution, solve
from .statement import Statement

__all__ = ["Solution", "Statement", "solve"]
