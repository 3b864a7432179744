"""Rules about the harmony: cadences and changes of key."""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import PlanError, SymbolError
from ..key import Key
from .base import Rule
from .places import Bars
from .words import check_choice

CADENCES = ("authentic", "half", "deceptive", "plagal")
RELATIONS = (
    "relative major", "relative minor", "parallel major", "parallel minor", "dominant",
    "subdominant",
)  # fmt: skip
WAYS = ("direct", "pivot")


@dataclass(frozen=True)
class Cadence(Rule):
    """The phrase that ends with the last bar of `where` ends with a cadence.

    Its two chords are the last one that sounds in that bar, and the last chord before it that has
    another root, with no silence (N.C.) since. They are read in the key that holds in that bar:
    roots are counted in semitones above the tonic; a triad of the scale means that the chord has
    the scale's root, third and fifth there and no other third, whatever else it has.
    ``authentic``: a dominant (root 7, with the note 4 above it, its major third) or a diminished
    chord on the leading note (root 11, with the notes 3 and 6 above it and not 4), then the triad
    of the first degree.
    ``half``: any chord, then a dominant.
    ``deceptive``: a dominant, then the triad of the sixth degree.
    ``plagal``: a chord on root 5, then the triad of the first degree.
    The last chord has no slash bass.
    """

    word: ClassVar[str] = "cadence"
    of_tracks: ClassVar[bool] = False

    kind: str = "authentic"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("cadence", self.kind, CADENCES)
        if self.where is None:
            raise PlanError("a cadence needs its bar; write, for example, cadence half in bar 8")

    @property
    def _values(self) -> str:
        return self.kind


@dataclass(frozen=True)
class Modulation(Rule):
    """From the bar `where` on the music is in another key, until it changes again.

    key: a key, or its relation to the key before: ``relative minor``, ``dominant`` and so on.
    how: ``direct``, or ``pivot``: the chord that sounds at the last tick before the bar belongs to
    both keys (all its tones, a slash bass among them, are in both scales; a minor key has its
    raised sixth and seventh too).
    """

    word: ClassVar[str] = "modulate"
    of_tracks: ClassVar[bool] = False

    key: Key | str
    how: str = "direct"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.key not in RELATIONS:
            try:
                object.__setattr__(self, "key", Key.parse(str(self.key)))
            except SymbolError as error:
                raise PlanError(f"{error}; or one of {', '.join(RELATIONS)}") from error
        check_choice("modulate by", self.how, WAYS)
        if not (isinstance(self.where, Bars) and self.where.first == self.where.last):
            raise PlanError(
                "a modulation needs its bar; write, for example, modulate to G by pivot in bar 16"
            )

    def target(self, before: Key) -> Key:
        """The new key, after `before`."""
        if isinstance(self.key, Key):
            return self.key
        tonic = before.tonic_class
        minor = before.mode == "minor"
        moves = {
            "relative major": (tonic + 3 * minor, "major"),
            "relative minor": (tonic - 3 * (not minor), "minor"),
            "parallel major": (tonic, "major"),
            "parallel minor": (tonic, "minor"),
            "dominant": (tonic + 7, before.mode),
            "subdominant": (tonic + 5, before.mode),
        }
        return Key.from_class(moves[self.key][0] % 12, moves[self.key][1])

    @property
    def _values(self) -> str:
        return f"to {self.key}" + (" by pivot" if self.how == "pivot" else "")
