"""Statements: what a plan asks for, one by one, so that those that conflict can be named."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..pitch import pitch_name
from ..plan import Plan, TrackPlan
from ..plan_section import SectionPlan
from ..rules.base import Rule
from ..rules.harmony import Cadence, Modulation
from ..rules.places import bars_at
from ..rules.rhythm import Silent
from ..score import Note, Score
from ..wording import counted
from .frame import Frame, Harmony

Given = Mapping[tuple[int, int], tuple[Note, ...]]
"""(Track, bar) -> the notes that begin there; what is no key is to be written."""


@dataclass(frozen=True)
class Statement:
    """Something that a plan states about the notes.

    text: as people say it. kind: ``range``, ``polyphony``, ``rest``, ``chord``, ``silence``,
    ``variation``, ``given``, or the first words of a rule. tracks: names; empty: no track in
    particular. bars: indices of the score's bars. of: what says it: a rule, the plan of a track or
    section, or a harmony.
    """

    text: str
    kind: str
    tracks: tuple[str, ...]
    bars: range
    of: Rule | TrackPlan | SectionPlan | Harmony | None = None

    def __str__(self) -> str:
        return self.text


def statements_of(plan: Plan, frame: Frame, given: Given) -> tuple[Statement, ...]:
    """Every statement of a plan about its notes, and one for each bar of a track that is given.

    Cadences and modulations are none: they are about chords and keys, which are settled before.
    """
    found = [*_of_rules(plan, frame), *_of_tracks(plan, frame), *_of_chords(frame)]
    found += [*_of_silence(frame), *_of_variations(plan, frame)]
    for track, bar in sorted(given):
        name = plan.tracks[track].name
        text = f"{name}: notes given in {frame.bars_in_words(range(bar, bar + 1))}"
        found.append(Statement(text, "given", (name,), range(bar, bar + 1)))
    return tuple(found)


def _of_rules(plan: Plan, frame: Frame) -> Iterator[Statement]:
    score = frame.score
    for rule in plan.rules:
        if not isinstance(rule, Cadence | Modulation):
            bars = bars_at(rule.place, score.sections, len(score.bars), bool(plan.pickup))
            names = tuple(plan.tracks[index].name for index in rule.concerns(plan.tracks))
            yield Statement(str(rule), rule.word, names, bars, rule)


def _of_tracks(plan: Plan, frame: Frame) -> Iterator[Statement]:
    bars = range(len(frame.score.bars))
    for track in plan.tracks:
        name = track.name
        drums = track.role == "drums"
        low, high = (
            (str(pitch) if drums else pitch_name(pitch)) for pitch in (track.low, track.high)
        )
        yield Statement(f"{name}: range {low}-{high}", "range", (name,), bars, track)
        most = f"{name}: at most {counted(track.polyphony, 'note')} at once"
        yield Statement(most, "polyphony", (name,), bars, track)
        if track.rest is not None:
            text = f"{name}: rests for at most {counted(track.rest, 'bar')}"
            yield Statement(text, "rest", (name,), bars, track)


def _of_chords(frame: Frame) -> Iterator[Statement]:
    score = frame.score
    for harmony in frame.harmonies:
        bars = range(score.bar_at(harmony.start), score.bar_at(harmony.end - 1) + 1)
        text = f"chord {harmony.chord} in {frame.bars_in_words(bars)}"
        yield Statement(text, "chord", (), bars, harmony)


def _of_silence(frame: Frame) -> Iterator[Statement]:
    pauses = set(range(len(frame.score.bars))).intersection(
        *(silenced(frame, track.name) for track in frame.plan.tracks)
    )
    for bar, written in enumerate(frame.score.bars):
        if frame.home[bar] == bar and written.length is None and bar not in pauses:
            bars = range(bar, bar + 1)
            text = f"something sounds in {frame.bars_in_words(bars)}"
            yield Statement(text, "silence", (), bars)


def _of_variations(plan: Plan, frame: Frame) -> Iterator[Statement]:
    for planned, placed in zip(plan.sections, frame.score.sections, strict=True):
        if planned.vary is not None:
            low, high = planned.change
            text = f"section {planned.name} varies {planned.vary} by {low:.0%} to {high:.0%}"
            bars = range(placed.bar, placed.bar + placed.bars)
            names = tuple(track.name for track in plan.tracks)
            yield Statement(text, "variation", names, bars, planned)


def silenced(frame: Frame, track: str) -> set[int]:
    """The bars in which rules silence a track, and those of the same music."""
    plan, score = frame.plan, frame.score
    music = {
        frame.copies.get(bar, bar)
        for rule in plan.rules
        if isinstance(rule, Silent)
        and track in (plan.tracks[index].name for index in rule.concerns(plan.tracks))
        for bar in bars_at(rule.place, score.sections, len(score.bars), bool(plan.pickup))
    }
    return {bar for bar in range(len(score.bars)) if frame.copies.get(bar, bar) in music}


def given_notes(score: Score, blanks: Mapping[int, Collection[int]]) -> Given:
    """The notes of a score by track and bar, where nothing is to be written."""
    found: dict[tuple[int, int], tuple[Note, ...]] = {}
    for index, track in enumerate(score.tracks):
        for bar in range(len(score.bars)):
            if bar not in blanks.get(index, ()):
                start, end = score.bar_starts[bar : bar + 2]
                found[index, bar] = tuple(n for n in track.notes if start <= n.onset < end)
    return found
