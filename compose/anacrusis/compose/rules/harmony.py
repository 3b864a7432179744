"""Rules about the harmony: cadences and changes of key."""

from dataclasses import dataclass
from typing import ClassVar

from ..errors import PlanError
from ..key import Key
from .base import Rule
from .places import Bars

CADENCES = ("authentic", "half", "deceptive", "plagal")
RELATIONS = (
    "relative major", "relative minor", "parallel major", "parallel minor", "dominant",
    "subdominant",
)  # fmt: skip
WAYS = ("direct", "pivot")


@dataclass(frozen=True)
class Cadence(Rule):
    """The phrase that ends with the last bar of `where` ends with a cadence.

    Its two chords are the last one that sounds in that bar, and the one before it in the lane, in
    the key that holds in that bar (roots counted from the tonic; chords of other spelling, with
    sevenths or added tones count as their triad):
    ``authentic``: a dominant (major third, root on 5) or a diminished chord on the raised 7, then
    the tonic triad (major or minor third as the mode has it).
    ``half``: any other chord, then a major triad or seventh on 5.
    ``deceptive``: a dominant on 5, then the triad on 6 (minor in major keys; in minor keys major,
    on the lowered 6).
    ``plagal``: a chord on 4, then the tonic triad.
    The last chord stands in root position, that is without a slash bass.
    """

    word: ClassVar[str] = "cadence"
    of_tracks: ClassVar[bool] = False

    kind: str = "authentic"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kind not in CADENCES:
            raise PlanError(f"cadence {self.kind!r}; allowed: {', '.join(CADENCES)}")
        if self.where is None:
            raise PlanError("a cadence needs its bar; write, for example, cadence half in bar 8")

    @property
    def _values(self) -> str:
        return self.kind


@dataclass(frozen=True)
class Modulation(Rule):
    """From the bar `where` on the music is in another key, until it changes again.

    key: a key, or its relation to the key before: ``relative minor``, ``dominant`` and so on.
    how: ``direct``, or ``pivot``: the last chord before the bar belongs to both keys (all its tones
    are in both scales; a minor key has its raised sixth and seventh too).
    """

    word: ClassVar[str] = "modulate"
    of_tracks: ClassVar[bool] = False

    key: Key | str
    how: str = "direct"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.key, str) and self.key not in RELATIONS:
            object.__setattr__(self, "key", Key.parse(self.key))
        if self.how not in WAYS:
            raise PlanError(f"modulate by {self.how!r}; allowed: {', '.join(WAYS)}")
        if not (isinstance(self.where, Bars) and self.where.first == self.where.last):
            raise PlanError("a modulation needs its bar; write, for example, in bar 16")

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
