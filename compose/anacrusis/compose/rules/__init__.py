"""Rules: what a plan demands of its notes beyond bars, chords and ranges. Values, one per demand.

Each is a frozen dataclass whose text (`str(rule)`) is what plan files and the command line take:
``melody: leap 7 in bars 1-8``. Its docstring is the exact meaning, in three implementations: the
constraints that keep it, the solver that proves what cannot be, and the verifier.
"""

from .base import Rule, Wish
from .counterpoint import NoCrossing, NoParallels, Spacing
from .drums import DrumPattern
from .dynamics import Dynamics
from .harmony import Cadence, Modulation
from .line import Breath, Contour, Leap, Melody
from .pitches import Avoid, Only, Range, Require, Scale, Tessitura
from .places import Bars, Named, bars_at
from .rhythm import Grid, Onsets, Rhythm, Silent
from .text import parse_rule, parse_wish
from .texture import Doubling, Playable, Voices

RULES: tuple[type[Rule], ...] = (
    Cadence, Modulation, Range, Tessitura, Only, Avoid, Scale, Require, Onsets, Grid, Rhythm,
    Silent, Leap, Contour, Melody, Breath, Voices, Playable, Doubling, NoParallels, NoCrossing,
    Spacing, DrumPattern, Dynamics,
)  # fmt: skip
"""Every kind of rule."""

__all__ = [
    "RULES",
    "Avoid",
    "Bars",
    "Breath",
    "Cadence",
    "Contour",
    "Doubling",
    "DrumPattern",
    "Dynamics",
    "Grid",
    "Leap",
    "Melody",
    "Modulation",
    "Named",
    "NoCrossing",
    "NoParallels",
    "Only",
    "Onsets",
    "Playable",
    "Range",
    "Require",
    "Rhythm",
    "Rule",
    "Scale",
    "Silent",
    "Spacing",
    "Tessitura",
    "Voices",
    "Wish",
    "bars_at",
    "parse_rule",
    "parse_wish",
]  # fmt: skip
