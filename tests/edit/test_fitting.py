"""Chords under a melody that stays: such as it keeps."""

from dataclasses import replace

import pytest

from anacrusis.compose.chord import Chord
from anacrusis.compose.edit import Song
from anacrusis.compose.edit.fitting import fitted
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, ChordSpan, KeyChange, Note, Score, Track
from anacrusis.compose.verify import verify


def heard(pitches: list[int], chords: str, key: str = "C") -> Score:
    """A whole note and a chord in each bar."""
    notes = tuple(Note(48 * bar, pitch, 48) for bar, pitch in enumerate(pitches))
    spans = [ChordSpan(48 * bar, 48, Chord.parse(word)) for bar, word in enumerate(chords.split())]
    return Score(
        (Bar(Meter(4, 4)),) * len(pitches),
        (Track("voice", "melody", 52, notes),),
        keys=(KeyChange(0, Key.parse(key)),),
        chords=tuple(spans),
    )


@pytest.mark.parametrize(
    ("pitches", "chords", "key", "wanted"),
    [
        ([72, 71, 69, 72], "C C F C", "C", "C G7 F C"),
        ([72, 71, 69, 72], "C G F C", "C", "C G F C"),
        ([69, 71, 72, 69], "Am Am Am Am", "A minor", "Am E7 Am"),
        ([72, 73, 72], "C C C", "C", "C"),  # nothing of the key has C sharp: it stays
    ],
)
def test_only_chords_that_the_melody_breaks_change(
    pitches: list[int], chords: str, key: str, wanted: str
) -> None:
    score = heard(pitches, chords, key)
    found = fitted(score, 0, score.ticks)
    assert " ".join(str(span.chord) for span in found) == wanted
    after = replace(score, chords=found)
    before = len(verify(score).violations)
    assert len(verify(after).violations) == (before if wanted == "C" else 0)


def test_bars_outside_keep_their_chords() -> None:
    score = heard([71, 71, 71, 71], "C C C C")
    found = fitted(score, 48, 144)
    assert [(span.onset, span.duration, str(span.chord)) for span in found] == [(48, 96, "G7")]


def test_a_melody_is_reharmonised_so_that_it_keeps_what_chords_guarantee() -> None:
    made = Song.of(heard([72, 71, 69, 71, 72], "C F F F C"))
    after = made.reharmonise(keep="voice")
    assert after.score.track("voice") == made.score.track("voice")
    assert verify(after.score).ok
