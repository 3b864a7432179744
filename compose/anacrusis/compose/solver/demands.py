"""What each statement asks for, as facts."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any

from ..instruments import DRUM_PITCHES
from ..plan import TrackPlan
from ..plan_section import SectionPlan
from ..rules.base import Rule
from ..rules.counterpoint import NoCrossing, NoParallels, Spacing
from ..rules.drums import HAT, KICK, SNARE, DrumPattern
from ..rules.dynamics import Dynamics
from ..rules.line import Breath, Contour, Leap, Melody
from ..rules.pitches import PitchRule, Require, Tessitura
from ..rules.rhythm import Grid, Onsets, Rhythm, Silent
from ..rules.texture import Doubling, Playable, Voices
from ..rules.tones import pitches_of
from .facts import ALL, Facts, pitch_set
from .frame import LONGEST, Frame, Harmony
from .hands import say_playable
from .harmony import say_chord
from .loudness import say_dynamics
from .statement import Statement, silenced

_WAYS = {"up": (1,), "down": (-1,), "arch": (1, -1), "valley": (-1, 1)}
SIXTEENTH = 3
"""Ticks."""
SHARES = 10_000
"""Shares of changed notes are counted in these parts."""


def say(facts: Facts, number: int) -> None:
    """What a statement (by its number) asks for."""
    statement = facts.statements[number]
    if isinstance(statement.of, Rule):
        named = [facts.frame.place(name) for name in statement.tracks]
        tracks = [track for track in named if track in facts.tracks]
        if statement.of.one_at_a_time:
            _say_most(facts, number, statement.bars, tracks, 1)
        next(say for kind, say in _RULES.items() if isinstance(statement.of, kind))(
            facts, number, statement.of, statement.bars, tracks
        )
    elif isinstance(statement.of, Harmony):
        say_chord(facts, number, statement.of)
    elif isinstance(statement.of, TrackPlan):
        _say_track(facts, number, statement, statement.of)
    elif isinstance(statement.of, SectionPlan):
        _say_variation(facts, number, statement.of, statement.bars)
    elif statement.kind == "silence":
        (bar,) = statement.bars
        if facts.has(bar):
            facts.say("filled", number, bar)
    else:
        _say_given(facts, number, statement)


def _written(facts: Facts, bars: range) -> list[int]:
    """The bars of the model that hold the music of some bars."""
    return sorted({facts.frame.home[bar] for bar in bars if facts.has(facts.frame.home[bar])})


def _folded(facts: Facts, bars: range) -> Iterator[tuple[int, int]]:
    """Bars whose music is in the model, and the ticks from each to where its notes are chosen."""
    frame = facts.frame
    for bar in bars:
        model = frame.copies.get(bar, bar)
        if facts.has(model):
            yield bar, frame.starts[model] - frame.starts[bar]


def _say_track(facts: Facts, number: int, statement: Statement, plan: TrackPlan) -> None:
    track = facts.frame.place(plan.name)
    if track not in facts.tracks:
        return
    if statement.kind == "range":
        facts.reach[track] &= pitch_set(range(plan.low, plan.high + 1))
    elif statement.kind == "polyphony":
        _say_most(facts, number, statement.bars, [track], plan.polyphony)
    elif plan.rest is not None:
        silent = silenced(facts.frame, plan.name)
        for section in facts.frame.score.sections:
            bars = _written(facts, range(section.bar, section.bar + section.bars))
            for first, last in zip(bars, bars[plan.rest :], strict=False):
                if not silent.intersection(range(first, last + 1)):
                    facts.say("rests", number, track, first, last)
                    for bar in range(first, last + 1):
                        facts.say("within", bar, first, last)


def _say_most(facts: Facts, number: int, bars: range, tracks: list[int], most: int) -> None:
    for track in tracks:
        for bar in _written(facts, bars):
            facts.say("most", number, track, bar, most)


def _say_covers(facts: Facts, number: int, bars: range, whole: bool = False) -> None:
    pieces = [tuple(bars)] if whole else facts.frame.pieces(bars)
    for index, piece in enumerate(pieces):
        for bar in piece:
            if facts.has(bar):
                facts.say("covers", number, index, bar)


def _say_line(
    facts: Facts, number: int, bars: range, tracks: list[int], whole: bool = False
) -> None:
    """Tracks whose notes are compared with those before."""
    _say_covers(facts, number, bars, whole)
    for track in tracks:
        facts.say("line", track)
        facts.say("follows", number, track)


def _say_pitches(
    facts: Facts, number: int, rule: PitchRule, bars: range, tracks: list[int]
) -> None:
    others = ALL & ~pitch_set(rule.allowed)
    for bar in _written(facts, bars):
        for tick in facts.ticks(bar):
            for track in tracks:
                facts.refuse(number, track, tick, others)


def _say_tessitura(
    facts: Facts, number: int, rule: Tessitura, bars: range, tracks: list[int]
) -> None:
    for bar in _written(facts, bars):
        for track in tracks:
            facts.say("mostly", number, track, bar, min(rule.within), max(rule.within))


def _say_require(facts: Facts, number: int, rule: Require, bars: range, tracks: list[int]) -> None:
    _say_covers(facts, number, bars, whole=True)
    for index, wanted in enumerate(rule.wanted):
        for pitch in wanted:
            facts.say("wants", number, index, pitch)
        for track in tracks:
            facts.say("wanted", number, track, index)


def _say_onsets(facts: Facts, number: int, rule: Onsets, bars: range, tracks: list[int]) -> None:
    for bar in _written(facts, bars):
        for track in tracks:
            facts.say("onsets", number, track, bar, rule.low, rule.high)


def _say_grid(facts: Facts, number: int, rule: Grid, bars: range, tracks: list[int]) -> None:
    for bar in _written(facts, bars):
        for tick in facts.ticks(bar):
            if facts.frame.score.position(tick)[1] % rule.ticks:
                for track in tracks:
                    facts.refuse(number, track, tick, ALL)


def _say_silent(facts: Facts, number: int, rule: Silent, bars: range, tracks: list[int]) -> None:
    for bar in _written(facts, bars):
        for tick in facts.ticks(bar):
            for track in tracks:
                facts.refuse(number, track, tick, ALL)
                facts.say("mute", number, track, tick)


def rhythm_times(frame: Frame, rule: Rhythm, bars: range) -> dict[int, int]:
    """Onset -> duration of the notes of a rhythm in these bars, in ticks."""
    return dict(rule.times(frame.starts[bars.start], frame.starts[bars.stop]))


def _say_rhythm(facts: Facts, number: int, rule: Rhythm, bars: range, tracks: list[int]) -> None:
    frame = facts.frame
    times = rhythm_times(frame, rule, bars)
    for bar, moved in _folded(facts, bars):
        start, end = frame.starts[bar], frame.starts[bar + 1]
        limit = frame.starts[frame.block(bar).stop]
        for tick in facts.between(start + moved, end + moved):
            if tick - moved not in times:
                for track in tracks:
                    facts.refuse(number, track, tick, ALL)
        for onset in (tick for tick in range(start, end) if tick in times):
            stop = onset + times[onset]
            for track in tracks:
                facts.say("must", number, track, onset + moved)
                if frame.plan.tracks[track].role == "drums":
                    continue
                if stop > limit or times[onset] > LONGEST:
                    facts.refuse(number, track, onset + moved, ALL)
                else:
                    for tick in facts.between(onset + moved + 1, stop + moved):
                        facts.say("lasts", number, track, onset + moved, tick)
                    facts.say("ends", number, track, onset + moved, stop + moved)


def _say_leap(facts: Facts, number: int, rule: Leap, bars: range, tracks: list[int]) -> None:
    _say_line(facts, number, bars, tracks)
    for track in tracks:
        facts.say("leap", number, track, rule.semitones)


def _say_contour(facts: Facts, number: int, rule: Contour, bars: range, tracks: list[int]) -> None:
    _say_line(facts, number, bars, tracks, whole=True)
    for track in tracks:
        facts.say("shaped", number, track)
    if rule.signs is None:
        for index, way in enumerate(_WAYS[rule.shape], start=1):
            facts.say("way", number, index, way)
    else:
        _say_count(facts, number, bars, tracks, len(rule.signs) + 1)
        for index, sign in enumerate(rule.signs, start=1):
            facts.say("sign", number, index, sign)


def _say_melody(facts: Facts, number: int, rule: Melody, bars: range, tracks: list[int]) -> None:
    _say_covers(facts, number, bars, whole=True)
    _say_count(facts, number, bars, tracks, len(rule.named))
    for index, name in enumerate(rule.named, start=1):
        for pitch in pitches_of(name):
            facts.say("tone", number, index, pitch)
    for track in tracks:
        facts.say("tune", number, track)


def _say_count(facts: Facts, number: int, bars: range, tracks: list[int], count: int) -> None:
    starts = facts.frame.starts
    facts.say("before", number, facts.before(starts[bars.start]))
    facts.say("at_end", number, facts.before(starts[bars.stop]))
    for track in tracks:
        facts.say("counted", number, track, count)


def _say_breath(facts: Facts, number: int, rule: Breath, bars: range, tracks: list[int]) -> None:
    say_breath(facts, number, rule.ticks, bars, tracks)


def say_breath(facts: Facts, number: int, ticks: int, bars: range, tracks: list[int]) -> None:
    """Stretches of at most so many ticks."""
    _say_covers(facts, number, bars)
    for track in tracks:
        facts.say("breath", number, track, ticks)
    facts.breathing.update(tracks)


def _say_voices(facts: Facts, number: int, rule: Voices, bars: range, tracks: list[int]) -> None:
    _say_most(facts, number, bars, tracks, rule.high)
    for bar in _written(facts, bars):
        for track in tracks:
            facts.say("fewest", number, track, bar, rule.low)


def _say_doubling(
    facts: Facts, number: int, rule: Doubling, bars: range, tracks: list[int]
) -> None:
    _say_covers(facts, number, bars)
    leader = facts.frame.place(rule.leader)
    for track in tracks:
        facts.say("doubles", number, track, leader, rule.interval)
        facts.doubled.append((track, leader))


def _say_playable(
    facts: Facts, number: int, rule: Playable, bars: range, tracks: list[int]
) -> None:
    for track in tracks:
        breath = say_playable(facts, number, track, _written(facts, bars))
        if breath is not None:
            say_breath(facts, number, breath, bars, [track])


def _say_between(
    facts: Facts,
    number: int,
    rule: NoParallels | NoCrossing | Spacing,
    bars: range,
    tracks: list[int],
) -> None:
    _say_line(facts, number, bars, tracks)
    for track in tracks:
        facts.say("ordered", track)
    for index, upper in enumerate(tracks):
        for other, lower in enumerate(tracks[index + 1 :], start=index + 1):
            if isinstance(rule, NoParallels):
                facts.say("parallel", number, upper, lower)
            elif isinstance(rule, NoCrossing):
                facts.say("crossing", number, upper, lower)
            elif other == index + 1:
                lowest = other == len(tracks) - 1 and len(tracks) > 2
                facts.say("apart", number, upper, lower, rule.semitones + 12 * lowest)


def groove_hits(frame: Frame, rule: DrumPattern, bar: int) -> Iterator[tuple[int, frozenset[int]]]:
    """(Tick, drums of which one is struck there) in a bar."""
    groove = rule.groove(frame.score.bars[bar].meter)
    for drums, places in ((KICK, groove.kick), (SNARE, groove.snare), (HAT, groove.hat)):
        for place in places:
            yield frame.starts[bar] + SIXTEENTH * place, drums


def _say_drums(
    facts: Facts, number: int, rule: DrumPattern, bars: range, tracks: list[int]
) -> None:
    frame = facts.frame
    for bar in _written(facts, bars):
        if frame.score.bars[bar].length is not None:
            continue
        groove, start = rule.groove(frame.score.bars[bar].meter), frame.starts[bar]
        for track in tracks:
            for tick, drums in groove_hits(frame, rule, bar):
                facts.say("hit", number, track, tick, min(drums))
            for drums, places in (
                (KICK, (*groove.kick, *groove.kick_too)),
                (SNARE, (*groove.snare, *groove.snare_too)),
            ):
                for tick in facts.ticks(bar):
                    if tick - start not in {SIXTEENTH * place for place in places}:
                        facts.refuse(number, track, tick, pitch_set(drums))
    for drums in (KICK, SNARE, HAT):
        for pitch in drums:
            if DRUM_PITCHES[0] <= pitch <= DRUM_PITCHES[1]:
                facts.say("kind", pitch, min(drums))


def _say_variation(facts: Facts, number: int, section: SectionPlan, bars: range) -> None:
    frame = facts.frame
    assert section.vary is not None
    low, high = (Fraction(str(share)) for share in section.change)
    facts.say("varied", number, ceil(low * SHARES), floor(high * SHARES), SHARES)
    model = frame.first_bar(section.vary)
    for bar in bars:
        before, now = frame.home[model + bar - bars.start], frame.home[bar]
        moved = frame.starts[now] - frame.starts[before]
        for tick in facts.ticks(before):
            facts.say("model", number, tick)
            facts.say("pair", number, tick, tick + moved)
        for tick in facts.ticks(now):
            facts.say("variation", number, tick)


def _say_given(facts: Facts, number: int, statement: Statement) -> None:
    (name,), (bar,) = statement.tracks, statement.bars
    track, frame = facts.frame.place(name), facts.frame
    for _, moved in _folded(facts, range(bar, bar + 1)):
        notes = facts.given[track, bar]
        struck: dict[int, int] = {}
        facts.say("given_in", number, track, bar)
        for note in notes:
            onset, end = note.onset + moved, note.end + moved
            struck[onset] = struck.get(onset, 0) | 1 << note.pitch
            facts.say("given", number, track, onset, note.pitch)
            if end > frame.starts[frame.block(bar).stop] + moved or len(notes) > len(set(notes)):
                facts.say("never", number)
            if frame.plan.tracks[track].role != "drums":
                for tick in facts.between(onset + 1, end):
                    facts.say("given_on", number, track, onset, note.pitch, tick)
                facts.say("given_end", number, track, onset, note.pitch, end)
        for tick in facts.between(frame.starts[bar] + moved, frame.starts[bar + 1] + moved):
            facts.refuse(number, track, tick, ALL & ~struck.get(tick, 0))


_RULES: dict[type[Rule], Callable[[Facts, int, Any, range, list[int]], None]] = {
    PitchRule: _say_pitches, Tessitura: _say_tessitura, Require: _say_require,
    Onsets: _say_onsets, Grid: _say_grid, Rhythm: _say_rhythm, Silent: _say_silent,
    Leap: _say_leap, Contour: _say_contour, Melody: _say_melody, Breath: _say_breath,
    Voices: _say_voices, Playable: _say_playable, Doubling: _say_doubling,
    NoParallels: _say_between, NoCrossing: _say_between, Spacing: _say_between,
    DrumPattern: _say_drums, Dynamics: say_dynamics,
}  # fmt: skip
