"""Editing songs: lock, regenerate, vary, extend, reharmonise, arrange, undo.

`Song` is what scripts use; each edit is also a value of its own (`edits`), kept in the history.
"""

from .depends import Dependence, depends
from .diff import ScoreDiff, TrackDiff, diff
from .places import Selection, parse_selection
from .rewrite import change_between
from .song import Song, replay

__all__ = [
    "Dependence", "ScoreDiff", "Selection", "Song", "TrackDiff", "change_between", "depends",
    "diff", "parse_selection", "replay",
]  # fmt: skip
