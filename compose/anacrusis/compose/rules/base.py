"""What all rules share: the tracks and the place they hold for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..bounds import is_number
from ..errors import PlanError
from ..wording import check_line, did_you_mean, shortened
from .places import Place, parse_place
from .words import listed, plain_number, split_names, written

if TYPE_CHECKING:
    from ..plan import TrackPlan

ALL = "all"


@dataclass(frozen=True)
class Rule:
    """A demand on some tracks in some bars.

    tracks: names, or a text of names with commas (in quotes where a comma belongs to a name); empty
    or the text ``all``: every track that the rule can be about (`kinds`). where: a `Place`, or its
    text; None: the whole piece. A note is in a rule's span when it starts in these bars.

    Sections are closed blocks of music, since they may come back elsewhere: a rule about what
    follows what (leaps, parallels, breath) begins anew with each section. Where a section is a
    reprise, rules on its bars hold for the music that it repeats.
    """

    tracks: tuple[str, ...] | str = field(default=(), kw_only=True)
    where: Place | str | None = field(default=None, kw_only=True)

    word: ClassVar[str]
    """The first word of the rule's text."""
    of_tracks: ClassVar[bool] = True
    """Whether the rule is about tracks; others are about harmony."""
    one_at_a_time: ClassVar[bool] = False
    """Whether the rule is about a line: its tracks then play one note at a time in its bars."""
    kinds: ClassVar[str] = "pitched"
    """Which tracks it can be about: ``pitched``, ``drums`` or ``any``."""
    fewest: ClassVar[int] = 1
    """How many tracks the rule needs."""

    def __post_init__(self) -> None:
        tracks = self.tracks
        if isinstance(tracks, str):
            tracks = () if tracks.strip().lower() == ALL else split_names(tracks)
        if not isinstance(tracks, Sequence):
            raise PlanError(f"{self.word}: tracks is {tracks!r:.60}; write names with commas")
        for name in tracks:
            check_line("track", name)
        if tracks and not self.of_tracks:
            raise PlanError(f"{self.word} is about the harmony; leave out the tracks")
        if len(set(tracks)) < len(tracks):
            raise PlanError(f"{self.word}: a track is named twice in {listed(tracks)}")
        object.__setattr__(self, "tracks", tuple(tracks))
        where = parse_place(self.where) if isinstance(self.where, str) else self.where
        if not isinstance(where, Place | None):
            raise PlanError(
                f"{self.word}: where is {where!r:.60}; write bar 5, bars 5-8 or a section"
            )
        object.__setattr__(self, "where", where)

    @property
    def _values(self) -> str:
        """What stands after the rule's word."""
        return ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tracks, as they were given; empty: all that it can be about."""
        assert isinstance(self.tracks, tuple)
        return self.tracks

    @property
    def place(self) -> Place | None:
        """Where the rule holds; None: in the whole piece."""
        assert not isinstance(self.where, str)
        return self.where

    def __str__(self) -> str:
        who = f"{', '.join(map(written, self.names)) or ALL}: " if self.of_tracks else ""
        what = f"{self.word} {self._values}".strip()
        return f"{who}{what}" + (f" in {self.where}" if self.where is not None else "")

    def suits(self, track: "TrackPlan") -> bool:
        """Whether the rule can be about such a track."""
        return self.kinds == "any" or (self.kinds == "drums") == (track.role == "drums")

    def concerns(self, tracks: "Sequence[TrackPlan]") -> tuple[int, ...]:
        """Indices of the tracks that the rule is about, in the order they are named.

        Raises `PlanError` for a name that no track has, or a track that the rule does not suit.
        """
        if not self.of_tracks:
            return ()
        places = {track.name: index for index, track in enumerate(tracks)}
        suited = [index for index, track in enumerate(tracks) if self.suits(track)]
        for name in self.names:
            if name not in places:
                raise PlanError(
                    f"there is no track {name!r}; {did_you_mean(name, places)}"
                    f"tracks: {listed(list(places))}"
                )
            if places[name] not in suited:
                raise PlanError(
                    f"{self.word} cannot be about {name!r}; its tracks are {self.kinds}"
                )
        found = tuple(places[name] for name in self.names) or tuple(suited)
        if not found:
            raise PlanError(f"the plan has no track for it; {self.word} is about {self.kinds} ones")
        if len(found) < self.fewest:
            raise PlanError(f"{self.word} needs {self.fewest} tracks or more; name them")
        return found


@dataclass(frozen=True)
class Wish:
    """A rule that is preferred, not demanded: what breaks it is less likely by exp(-weight).

    weight: above 0, up to 20.
    """

    rule: Rule
    weight: float = 2.0

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise PlanError(f"wish {self.rule!r:.60} holds no rule; read its text with parse_wish")
        if not is_number(self.weight, 1e-6, 20):
            raise PlanError(
                f"wish {shortened(str(self.rule))}: weight {self.weight!r:.60}; allowed: up to 20"
            )

    def __str__(self) -> str:
        return f"{self.rule} weight {plain_number(self.weight)}"
