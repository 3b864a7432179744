"""What a check found: violations by rule, bar, beat and track, and figures about the score."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..pitch import pitch_name
from ..score import Note, Score
from ..wording import bars_in_words, counted


class Place(NamedTuple):
    """A bar and a beat as people count them: from 1; the bar of a pickup is bar 0.

    beat: in units of the meter's denominator, so that 6/8 has beats 1 to 6; 2.5 lies halfway
    between the second and the third.
    """

    bar: int
    beat: float


def place(score: Score, tick: int) -> Place:
    """Where a tick of a score lies."""
    bar, position = score.position(tick)
    beat = 1 + position / score.bars[bar].meter.unit
    return Place(score.bar_number(bar), round(beat, 3))


@dataclass(frozen=True)
class Violation:
    """One broken rule.

    rule: its name, as in docs/chord-guarantee.md for the four about chords. bar, beat: as in
    `Place`. track: its name, or None where the whole score is meant. notes: the notes concerned.
    """

    rule: str
    bar: int
    beat: float
    track: str | None
    message: str
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        where = f"bar {self.bar}, beat {self.beat:g}"
        return f"{where}, {self.track or 'all tracks'}: {self.rule}: {self.message}"


class NonChordTone(NamedTuple):
    """A note outside its chord, and what it is.

    kind: passing, neighbour, appoggiatura, anticipation, suspension or pedal; ``unresolved`` where
    it is none of these. Those on strong beats, most pedal points, and all that are unresolved break
    a rule. tick: where it is outside its chord (a suspension: where the
    chord changes under it).
    """

    track: str
    tick: int
    note: Note
    kind: str


class WishMet(NamedTuple):
    """How far a wish is met. wish: its text. bars: of its place. broken: those in which any of its
    tracks breaks it, where that shows."""

    wish: str
    bars: int
    broken: int

    @property
    def kept(self) -> bool:
        """Whether nothing breaks it."""
        return not self.broken

    @property
    def share(self) -> float:
        """Share of its bars in which nothing breaks it."""
        return max(1 - self.broken / self.bars, 0.0) if self.bars else 1.0

    def __str__(self) -> str:
        return f"{self.wish}: {'kept' if self.kept else f'kept in {self.share:.0%} of its bars'}"


@dataclass(frozen=True)
class Report:
    """What `verify` found.

    bars: full bars. pickup: whether a shorter bar comes before them. notes: pitched notes and drum
    hits. coverage: share of ticks in which a pitched note sounds. onset_coverage: share of bars,
    the pickup among them, in which a pitched note starts.
    chord_tone_share: share of pitched notes that start on a tone of their chord;
    chord_tone_time: the same by sounding time, tick by tick; both None where no note meets a chord.
    non_chord_tones: how many of each kind. planned: whether there was a plan to check against.
    wishes: how far those of the plan are met; one that is not is no violation.
    """

    violations: tuple[Violation, ...]
    bars: int
    notes: int
    coverage: float
    onset_coverage: float
    chord_tone_share: float | None
    chord_tone_time: float | None
    non_chord_tones: Mapping[str, int]
    planned: bool = True
    pickup: bool = False
    wishes: tuple[WishMet, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


def named(notes: tuple[Note, ...] | Note) -> str:
    """Pitch names of notes, for messages."""
    listed = (notes,) if isinstance(notes, Note) else notes
    return ", ".join(pitch_name(note.pitch) for note in listed)


def report_text(report: Report, limit: int | None = None) -> str:
    """The report in lines for people; `limit`: most violations listed (None: all)."""
    count = len(report.violations)
    verdict = "every rule is kept" if report.ok else counted(count, "violation")
    bars = bars_in_words(report.bars, report.pickup)
    lines = [f"{verdict}: {bars}, {counted(report.notes, 'note')}"]
    if not report.planned:
        lines.append("  there is no plan: only what the score itself states was checked")
    lines += [f"  {violation}" for violation in report.violations[:limit]]
    if limit is not None and count > limit:
        lines.append(f"  and {count - limit} more")
    lines.append(
        f"  coverage {report.coverage:.1%} of the time, {report.onset_coverage:.1%} of the bars"
    )
    if report.chord_tone_share is not None and report.chord_tone_time is not None:
        lines.append(
            f"  chord tones {report.chord_tone_share:.1%} of the notes, "
            f"{report.chord_tone_time:.1%} of the time"
        )
    if report.non_chord_tones:
        kinds = ", ".join(f"{count} {kind}" for kind, count in report.non_chord_tones.items())
        lines.append(f"  non-chord tones: {kinds}")
    lines += [f"  preferred: {wish}" for wish in report.wishes]
    return "\n".join(lines)


def report_json(report: Report) -> str:
    """The report as JSON."""
    return json.dumps(
        {
            "ok": report.ok,
            "planned": report.planned,
            "bars": report.bars,
            "pickup": report.pickup,
            "notes": report.notes,
            "coverage": report.coverage,
            "onset_coverage": report.onset_coverage,
            "chord_tone_share": report.chord_tone_share,
            "chord_tone_time": report.chord_tone_time,
            "non_chord_tones": dict(report.non_chord_tones),
            "violations": [violation_json(violation) for violation in report.violations],
            "wishes": [
                {"wish": met.wish, "kept": met.kept, "share": met.share} for met in report.wishes
            ],
        },
        indent=2,
    )


def violation_json(violation: Violation) -> dict[str, object]:
    """A violation as JSON has it; onsets and durations of its notes are in ticks."""
    return {
        "rule": violation.rule,
        "bar": violation.bar,
        "beat": violation.beat,
        "track": violation.track,
        "message": violation.message,
        "notes": [
            {"onset": note.onset, "pitch": note.pitch, "duration": note.duration}
            for note in violation.notes
        ],
    }
