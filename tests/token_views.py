"""What a score says, as far as tokens tell it, and a small score."""

from collections import Counter

from hypothesis import strategies as st

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)
from anacrusis.compose.tokens.encode import Given, track_slots
from anacrusis.compose.tokens.vocabulary import TEMPOS, section_label, tempo_step, vocabulary

AHEAD = (0, 1, 2, 4)
V = vocabulary()


def small_score() -> Score:
    """A pickup and two bars for three tracks."""
    return Score(
        bars=(Bar(Meter(4, 4), 12), Bar(Meter(4, 4)), Bar(Meter(3, 4))),
        tracks=(
            Track("kit", "drums", -1, (Note(12, 36, 3, 100), Note(12, 42, 3, 100))),
            Track(
                "tune", "melody", 73, (Note(0, 64, 12), Note(12, 69, 48, 96), Note(60, 60, 6, 96))
            ),
            Track("low", "bass", 33, (Note(12, 45, 24), Note(36, 41, 24))),
        ),
        tempos=(TempoChange(0, 92.0), TempoChange(60, 120.0)),
        keys=(KeyChange(0, Key("A", "minor")),),
        sections=(Section("Verse 1", 1, 2),),
        chords=(
            ChordSpan(12, 24, Chord("A", "min")),
            ChordSpan(36, 36, Chord("F", "maj", "A")),
            ChordSpan(72, 24, Chord.none()),
        ),
    )


# What a score says, as far as tokens tell it


def noted(score: Score, begin: int, end: int) -> dict[str, Counter]:
    """Label of each track -> its notes within [begin, end), as tokens hold them."""
    found = {}
    for slot in track_slots(score.tracks)[0]:
        rows: Counter = Counter()
        for note in slot.track.notes:
            drums = slot.track.program == -1
            if begin <= note.onset < end and not (drums and not 27 <= note.pitch <= 87):
                steps = min(max(round(note.velocity / 4), 1), 32)
                duration = 3 if drums else note.duration
                rows[note.onset - begin, note.pitch, duration, min(127, 4 * steps)] += 1
        found[f"{slot.label} {slot.track.program}"] = rows
    return found


def sounding(chord: Chord | None) -> tuple | None:
    if chord is None:
        return None
    return "N.C." if chord.is_none else (chord.root_class, chord.quality, chord.bass_class)


def harmony(score: Score, begin: int, end: int) -> list[tuple | None]:
    """The chord at each tick; where the lane falls silent the last chord goes on."""
    found, last = [], None
    for tick in range(begin, end):
        last = sounding(score.chord_at(tick)) or last
        found.append(last)
    return found


def state(score: Score, bar: int) -> tuple:
    """Meter, length, key and tempo of a bar; a change inside it counts for all of it."""
    last = score.bar_starts[bar + 1] - 1
    key = score.key_at(last)
    bpm = [change.bpm for change in score.tempos if change.tick <= last][-1]
    return (
        score.bars[bar],
        key and (key.tonic_class, key.mode),
        TEMPOS[tempo_step(bpm)],
    )


def form(score: Score, start: int, stop: int) -> list[tuple[int, str]]:
    """(bar, kind) of each section that begins in the bars, or is under way at the first."""
    found = {s.bar - start: section_label(s.name) for s in reversed(score.sections)}
    under_way = [s for s in score.sections if s.bar <= start < s.bar + s.bars]
    marks = {bar: label for bar, label in found.items() if 0 <= bar < stop - start}
    if under_way and 0 not in marks:
        marks[0] = section_label(under_way[0].name)
    return sorted(marks.items())


def counted(score: Score) -> Counter:
    """What tokens cannot hold of a whole score."""
    found: Counter = Counter()
    slots, left_out = track_slots(score.tracks)
    found["tracks beyond four per role"] = len(left_out)
    found["notes of tracks beyond four per role"] = sum(len(t.notes) for t in left_out)
    for slot in slots:
        for note in slot.track.notes:
            drums = slot.track.program == -1
            if drums and not 27 <= note.pitch <= 87:
                found["drum outside General MIDI"] += 1
                continue
            found["drum duration"] += drums and note.duration != 3
            found["velocity quantised"] += note.velocity % 4 != 0 and note.velocity != 127
            found["performance timing or tuning"] += note.shift != 0 or note.cents != 0
    for tempo in score.tempos:
        found["tempo quantised"] += tempo.bpm not in TEMPOS
        found["tempo or key change inside a bar"] += tempo.tick not in score.bar_starts
    for key in score.keys:
        found["tempo or key change inside a bar"] += key.tick not in score.bar_starts
    starts = [s.bar for s in score.sections]
    for section in score.sections:
        found["section name"] += section.name != section_label(section.name)
        end = section.bar + section.bars
        found["section ends before the next"] += end not in (*starts, len(score.bars))
    onsets = [span.onset for span in score.chords]
    found["chord ends before the next"] += sum(
        span.end not in (*onsets, score.ticks) for span in score.chords
    )
    return +found


def locks(draw: st.DrawFn, score: Score) -> Given:
    """Random bars and notes to write ahead."""
    notes = {
        index: draw(st.sets(st.integers(0, len(track.notes) - 1)))
        for index, track in enumerate(score.tracks)
        if track.notes and draw(st.booleans())
    }
    bars = {
        index: draw(st.sets(st.integers(0, len(score.bars) - 1)))
        for index in range(len(score.tracks))
        if draw(st.booleans())
    }
    return Given(bars, notes)
