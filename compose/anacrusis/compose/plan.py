"""The plan: what a person asks for. Sections, meter, tempo, key, chords and tracks.

Whatever a plan leaves out (chords, key, tempo, sections) the model writes before the notes;
`Plan.skeleton` then gives the bars, lanes and empty tracks that composing fills.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from .bounds import is_number, is_whole
from .chord import Chord
from .errors import PlanError
from .instruments import DRUM_KIT, DRUM_PITCHES, ROLES, program_range, role_default
from .key import Key
from .meter import Meter
from .plan_bars import BarPlan, bar_plans, section_meters
from .plan_length import check_length, solved_tempo
from .plan_section import MAX_BARS, ChangeAt, ChordAt, SectionPlan, check_tempo
from .rules.base import Rule, Wish
from .rules.check import check_rules
from .score import Bar, ChordSpan, KeyChange, Score, Section, TempoChange, Track
from .wording import check_line, counted

STYLES = ("game", "song", "quartet", "hymn", "lead sheet", "drums", "chart")
"""Styles the model has learnt apart: game and rock band, art song with piano, string quartet,
four-part hymn, melody over chords, drum groove, chord chart."""

Change = TypeVar("Change", TempoChange, KeyChange)

__all__ = [
    "COMMON_TIME", "LEVELS", "MAX_BARS", "MAX_PITCHED_TRACKS", "MAX_TRACKS_PER_ROLE", "STYLES",
    "ChangeAt", "ChordAt", "Plan", "SectionPlan", "TrackPlan", "check_swing", "is_bare",
    "section_meters",
]  # fmt: skip

MAX_TRACKS_PER_ROLE = 4
MAX_PITCHED_TRACKS = 15
"""The channels of a MIDI file that are not the drum kit's."""
_WIDE = 42
"""Semitones; an instrument that plays a wider range is held to the part its role uses."""
COMMON_TIME = Meter(4, 4)
LEVELS = 8
"""Steps of the density and register scales (0 lowest)."""


@dataclass(frozen=True)
class TrackPlan:
    """A track to write: role, instrument (General MIDI program, -1 for drums), range, texture.

    polyphony: most notes sounding at once. density, register: 0 (lowest) to 7; None leaves it open.
    rest: most whole bars in a row without a note, counted within each section; None: any.
    """

    name: str
    role: str
    program: int
    low: int
    high: int
    polyphony: int
    density: int | None = None
    register: int | None = None
    rest: int | None = None

    def __post_init__(self) -> None:
        check_line("track", self.name)
        if self.role not in ROLES:
            raise PlanError(f"track {self.name!r}: role {self.role!r}; allowed: {', '.join(ROLES)}")
        if (self.role == "drums") != (self.program == DRUM_KIT):
            raise PlanError(
                f"track {self.name!r}: the drum kit and the role drums belong together; "
                "give both or neither"
            )
        if not is_whole(self.program, DRUM_KIT, 127):
            raise PlanError(
                f"track {self.name!r}: program {self.program!r}; allowed: 0 to 127 (General MIDI), "
                f"or {DRUM_KIT} for drums"
            )
        if not (is_whole(self.high, 0, 127) and is_whole(self.low, 0, self.high)):
            raise PlanError(
                f"track {self.name!r}: range {self.low!r} to {self.high!r} holds no notes; "
                "allowed: low to high within 0 to 127"
            )
        if self.role != "drums" and self.high - self.low < 11:
            raise PlanError(
                f"track {self.name!r}: range {self.low} to {self.high} is under an octave, so some "
                "chords would have no note in it; widen it to 12 semitones or more"
            )
        if not is_whole(self.polyphony, 1, 16):
            raise PlanError(f"track {self.name!r}: polyphony {self.polyphony!r}; allowed: 1 to 16")
        if self.role == "drums" and (self.low > DRUM_PITCHES[1] or self.high < DRUM_PITCHES[0]):
            raise PlanError(
                f"track {self.name!r}: range {self.low} to {self.high} holds no drum; allowed: "
                f"within {DRUM_PITCHES[0]} to {DRUM_PITCHES[1]} (General MIDI)"
            )
        if self.rest is not None and not is_whole(self.rest, 0, MAX_BARS):
            raise PlanError(
                f"track {self.name!r}: rest {self.rest!r}; allowed: 0 to {MAX_BARS} bars, or any"
            )
        for name, value in (("density", self.density), ("register", self.register)):
            if value is not None and not is_whole(value, 0, LEVELS - 1):
                raise PlanError(
                    f"track {self.name!r}: {name} {value!r}; allowed: 0 to {LEVELS - 1}"
                )

    @staticmethod
    def of_role(role: str, name: str | None = None, program: int | None = None) -> "TrackPlan":
        """A track with the usual instrument, range, polyphony and rests of a role."""
        usual = role_default(role)
        if program is None or program == usual.program:
            program, low, high = usual.program, usual.low, usual.high
        else:
            low, high = program_range(program)
            if high - low > _WIDE and min(high, usual.high) - max(low, usual.low) >= 12:
                low, high = max(low, usual.low), min(high, usual.high)
        return TrackPlan(name or role, role, program, low, high, usual.polyphony, rest=usual.rest)


def is_bare(sections: Sequence[SectionPlan]) -> bool:
    """Whether sections say no more than a number of bars, as an open form asks."""
    return len(sections) == 1 and sections[0].is_bare


def check_swing(swing: float, meters: Iterable[Meter]) -> None:
    """Raise `PlanError` for a swing out of range, or of meters none of which can swing."""
    if not is_number(swing, 0.5, 0.75):
        raise PlanError(f"swing {swing!r}; allowed: 0.5 (straight) to 0.75 (dotted)")
    found = list(dict.fromkeys(meters))
    if swing > 0.5 and not any(meter.has_quarter_beats for meter in found):
        raise PlanError(
            f"swing {swing:g} in {', '.join(map(str, found))}: only beats of a quarter note swing "
            "(4/4, 3/4, 2/2, 5/4 ...), and this has none; leave swing out, or change the meter"
        )


@dataclass(frozen=True)
class Plan:
    """A whole request.

    tempo: quarter notes per minute. pickup: ticks of music before the first full bar. swing: where
    an off-beat eighth is played within its beat, 0.5 straight to 0.75, in all bars whose beats are
    quarter notes (others, as of 6/8 or 7/8, stay straight; some bar must swing). open_form: the
    sections are the model's to write; the one section given tells the number of bars. rules: what
    the notes must keep beside all this; wishes: what they should. length: seconds that the music
    lasts, from its first moment to the end of its last bar; an open tempo is then the one that
    gives this. Raises `PlanError` for a request that cannot be met.
    """

    sections: tuple[SectionPlan, ...]
    tracks: tuple[TrackPlan, ...]
    title: str = "Untitled"
    key: Key | None = None
    meter: Meter = COMMON_TIME
    tempo: float | None = None
    style: str = "game"
    pickup: int = 0
    swing: float = 0.5
    seed: int = 0
    open_form: bool = False
    rules: tuple[Rule, ...] = ()
    wishes: tuple[Wish, ...] = ()
    length: float | None = None

    def __post_init__(self) -> None:
        check_line("title", self.title)
        if not self.sections:
            raise PlanError("a plan needs at least one section; give sections, or bars")
        if not self.tracks:
            raise PlanError("a plan needs at least one track, for example melody and chords")
        if self.open_form and not is_bare(self.sections):
            raise PlanError(
                "open_form leaves the sections to the model; give one section without chords, key, "
                "meter or tempo (the plan has these), or turn it off"
            )
        opening = self.sections[0]
        if self.style not in STYLES:
            raise PlanError(f"style {self.style!r} is unknown; allowed: {', '.join(STYLES)}")
        if self.tempo is not None:
            check_tempo("plan", self.tempo)
        if not is_whole(self.seed, 0):
            raise PlanError(f"seed {self.seed!r}; allowed: whole numbers from 0")
        check_swing(self.swing, self._meters)
        if self.bars > MAX_BARS:
            raise PlanError(f"the sections add up to {self.bars} bars; allowed: up to {MAX_BARS}")
        first = opening.meter or self.meter
        if not is_whole(self.pickup, 0, first.ticks - 1):
            raise PlanError(
                f"a pickup of {self.pickup!r} ticks does not fit before a bar of {first}; "
                f"allowed: 0 to {first.ticks - 1}"
            )
        self._check_tracks()
        self._check_sections()
        check_rules(self)
        if self.length is not None:
            check_length(self)

    def _check_tracks(self) -> None:
        names = [track.name for track in self.tracks]
        for name in names:
            if names.count(name) > 1:
                raise PlanError(f"two tracks are called {name!r}; give each its own name")
        for role in ROLES:
            count = sum(track.role == role for track in self.tracks)
            allowed = 1 if role == "drums" else MAX_TRACKS_PER_ROLE
            if count > allowed:
                raise PlanError(f"{count} tracks have the role {role}; allowed: {allowed}")
        pitched = sum(track.role != "drums" for track in self.tracks)
        if pitched > MAX_PITCHED_TRACKS:
            raise PlanError(
                f"{pitched} pitched tracks; allowed: {MAX_PITCHED_TRACKS}, as many as a MIDI file "
                "has channels for beside the drum kit; leave some out"
            )

    def _check_sections(self) -> None:
        seen: dict[str, tuple[SectionPlan, list[Meter]]] = {}
        by_section = section_meters(self.meter, self.sections)
        for section, meters in zip(self.sections, by_section, strict=True):
            rows = zip(section.chords or (), meters, strict=False)
            for bar, (chords, meter) in enumerate(rows, start=1):
                ticks = [at.tick for at in chords]
                if ticks != sorted(set(ticks)) or any(not 0 <= t < meter.ticks for t in ticks):
                    raise PlanError(
                        f"section {section.name!r}, bar {bar}: a chord lies outside the {meter} bar"
                    )
            if section.model is not None:
                self._check_model(section, meters, seen)
            seen.setdefault(section.name, (section, meters))

    def _check_model(
        self,
        section: SectionPlan,
        meters: list[Meter],
        seen: dict[str, tuple[SectionPlan, list[Meter]]],
    ) -> None:
        """A reprise or a variation fits the section whose music it takes up."""
        verb, does = ("vary", "varies") if section.reprise is None else ("reprise", "reprises")
        if section.model not in seen:
            raise PlanError(
                f"section {section.name!r} {does} {section.model!r}, which does not "
                f"come before it; earlier sections: {', '.join(seen) or 'none'}"
            )
        source, source_meters = seen[section.model]
        if meters != source_meters:
            raise PlanError(
                f"section {section.name!r} ({_shape(meters)}) cannot {verb} "
                f"{source.name!r} ({_shape(source_meters)}); make them equal"
            )
        own = section.chords if section.reprise is not None else None
        if own is not None and own != source.chords:
            raise PlanError(
                f"section {section.name!r} reprises {source.name!r} but has other chords; "
                "leave its chords out, or drop the reprise"
            )

    @property
    def bars(self) -> int:
        """Number of full bars (a pickup is not counted)."""
        return sum(section.bars for section in self.sections)

    @property
    def is_complete(self) -> bool:
        """Whether key, tempo and every chord are stated, with nothing to choose."""
        return (
            self.key is not None
            and self.tempo is not None
            and all(s.chords is not None or s.model is not None for s in self.sections)
            and not any(map(self.has_choices, self.sections))
        )

    def section(self, name: str) -> SectionPlan:
        """The first section of this name."""
        for section in self.sections:
            if section.name == name:
                return section
        raise PlanError(
            f"there is no section {name!r}; sections: {', '.join(s.name for s in self.sections)}"
        )

    def chords_of(self, section: SectionPlan) -> tuple[tuple[ChordAt, ...], ...] | None:
        """A section's chords, those of its model where it has none of its own."""
        while section.chords is None and section.model is not None:
            section = self.section(section.model)
        return section.chords

    def has_choices(self, section: SectionPlan) -> bool:
        """Whether a section leaves a choice among chords."""
        return any(at.others for bar in section.chords or () for at in bar)

    @cached_property
    def bar_plans(self) -> tuple[BarPlan, ...]:
        """The full bars, each with the meter, key and tempo that hold in it."""
        return bar_plans(self.sections, self.meter, self.key, self.tempo, self.rules)

    @property
    def _meters(self) -> list[Meter]:
        """The meters of all full bars."""
        by_section = section_meters(self.meter, self.sections)
        return [meter for meters in by_section for meter in meters]

    @property
    def layout(self) -> Score:
        """Bars and sections alone, for what asks where a place of the piece is."""
        by_section = section_meters(self.meter, self.sections)
        bars = [Bar(by_section[0][0], self.pickup)] if self.pickup else []
        sections = []
        for section, meters in zip(self.sections, by_section, strict=True):
            sections.append(Section(section.name, len(bars), section.bars))
            bars += [Bar(meter) for meter in meters]
        return Score(tuple(bars), sections=tuple(sections))

    def skeleton(self) -> Score:
        """The score without notes: bars, tempo map, keys, sections, chord lane, empty tracks.

        A chord holds until the next one; what has the chords of another section begins with the
        one that this section began with. Where chords are not stated the lane is silent.
        """
        shape = self.layout
        starts = shape.bar_starts[bool(self.pickup) :]
        tempos = [TempoChange(0, self._first_tempo)]
        keys = [] if self.key is None else [KeyChange(0, self.key)]
        for tick, bar in zip(starts, self.bar_plans, strict=False):
            if bar.new_tempo and bar.tempo is not None:
                tempos.append(TempoChange(tick, float(bar.tempo)))
            if bar.new_key and bar.key is not None:
                keys.append(KeyChange(tick, bar.key))
        return replace(
            shape,
            tracks=tuple(Track(t.name, t.role, t.program) for t in self.tracks),
            tempos=_last_per_tick(tempos),
            keys=_last_per_tick(keys),
            chords=self._lane(starts),
            title=self.title,
            swing=self.swing,
            plan=self,
        )

    @property
    def _first_tempo(self) -> float:
        """The tempo of the first moment; a usual one where it is open."""
        stated = self.tempo or self.sections[0].tempo
        if stated is None:
            return 120.0 if self.length is None else solved_tempo(self)
        return float(stated)

    def _lane(self, starts: Sequence[int]) -> tuple[ChordSpan, ...]:
        """The chord lane; starts: the ticks of the full bars, and of the end."""
        points: list[tuple[int, Chord | None]] = []
        openings: dict[str, Chord | None] = {}  # the chord that holds where a section begins
        first = 0
        for section in self.sections:
            chords, begin = self.chords_of(section), starts[first]
            if chords is None:
                points.append((begin, None))
            elif section.harmony_of is not None:
                points.append((begin, openings[section.harmony_of]))
            for tick, bar in zip(starts[first:], chords or (), strict=False):
                points += [(tick + at.tick, None if at.others else at.chord) for at in bar]
            held = [chord for onset, chord in points if onset <= begin]
            openings.setdefault(section.name, held[-1] if held else None)
            first += section.bars
        bounds = [*(tick for tick, _ in points), starts[-1]]
        return tuple(
            ChordSpan(start, end - start, chord)
            for (start, chord), end in zip(points, bounds[1:], strict=True)
            if chord is not None and end > start
        )

    def with_seed(self, seed: int) -> "Plan":
        """The same plan with another seed."""
        return replace(self, seed=seed)


def _last_per_tick(changes: list[Change]) -> tuple[Change, ...]:
    return tuple({change.tick: change for change in changes}.values())


def _shape(meters: list[Meter]) -> str:
    """Bars and meters in words."""
    return f"{counted(len(meters), 'bar')} of {', '.join(map(str, dict.fromkeys(meters)))}"
