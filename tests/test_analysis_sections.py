"""Form analysis on made-up music whose form is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import scores

from anacrusis.compose.analysis.bars import bar_patterns, likeness, melody_line
from anacrusis.compose.analysis.boundaries import LONGEST_SECTION, best_division
from anacrusis.compose.analysis.sections import Form, analyse_sections
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, Track

SCALE = (0, 2, 4, 5, 7, 9, 11)


def phrase(seed: int, bars: int, ticks: int, sung: bool = True) -> list[list[tuple[str, Note]]]:
    """Bars of a melody in eighths that ends on a long note, over a chord in each bar."""
    rng = np.random.default_rng(seed)
    music = []
    for bar in range(bars):
        root = int(rng.integers(7))
        notes = [("chords", Note(0, 48 + SCALE[(root + i) % 7], ticks)) for i in (0, 2, 4)]
        last = bar == bars - 1
        for place in [0] if last else sorted({0, *rng.choice(ticks // 6, 5)}):
            pitch = 67 + SCALE[int(rng.integers(7))]
            notes.append(("melody", Note(6 * int(place), pitch, 6 if not last else ticks - 6)))
        music.append([pair for pair in notes if sung or pair[0] != "melody"])
    return music


def song(
    form: str, bars: int = 8, meter: Meter | None = None, moved: dict[int, int] | None = None
) -> Score:
    """A song of equal sections, one letter each; small letters have no melody.

    moved: semitones by which sections are moved up, by index.
    """
    meter = meter or Meter(4, 4)
    notes: dict[str, list[Note]] = {"melody": [], "chords": []}
    place = 0
    for index, letter in enumerate(form):
        up = (moved or {}).get(index, 0)
        for bar in phrase(ord(letter), bars, meter.ticks, letter.isupper()):
            for role, note in bar:
                onset, pitch = place + note.onset, note.pitch + up
                notes[role].append(replace(note, onset=onset, pitch=pitch))
            place += meter.ticks
    tracks = tuple(Track(role, role, 0, tuple(part)) for role, part in notes.items())
    return Score((Bar(meter),) * (bars * len(form)), tracks)


def names(form: Form) -> list[str]:
    return [section.name for section in form.sections]


@pytest.mark.parametrize("form", ["AABA", "ABAB", "ABAC", "ABACABA", "AABB"])
@pytest.mark.parametrize("meter", [Meter(4, 4), Meter(3, 4), Meter(6, 8)], ids=str)
def test_planted_forms_are_found(form: str, meter: Meter) -> None:
    found = analyse_sections(song(form, meter=meter))
    assert names(found) == list(form)
    assert [section.bar for section in found.sections] == [8 * i for i in range(len(form))]
    for index, repeat in enumerate(found.repeats):
        assert (repeat is None) == (form.index(form[index]) == index)
        assert repeat is None or (form[repeat.of] == form[index] and repeat.distance == 0)


def test_a_repeat_in_another_key_is_one() -> None:
    found = analyse_sections(song("ABAB", moved={3: 2}))
    assert names(found) == list("ABAB")
    last = found.repeats[3]
    assert last is not None and (last.of, last.shift, last.distance) == (1, 2, 0)


def test_a_varied_repeat_bears_a_prime() -> None:
    score = song("ABAB")
    melody, chords = score.tracks
    begin, end = score.bar_starts[22], score.bar_starts[24]
    other = tuple(
        replace(note, pitch=note.pitch + 5) if begin <= note.onset < end else note
        for note in melody.notes
    )
    found = analyse_sections(replace(score, tracks=(replace(melody, notes=other), chords)))
    assert names(found) == ["A", "B", "A'", "B"]
    assert found.repeats[2] is not None and found.repeats[2].varied


def test_sections_without_melody_are_named_by_their_place() -> None:
    found = analyse_sections(song("iABxABi"))
    assert names(found) == ["intro", "A", "B", "interlude", "A", "B", "outro"]


def test_a_pickup_belongs_to_the_first_section() -> None:
    score = song("ABAB")
    tracks = tuple(
        replace(track, notes=tuple(replace(n, onset=n.onset + 12) for n in track.notes))
        for track in score.tracks
    )
    led = replace(score, bars=(Bar(Meter(4, 4), 12), *score.bars), tracks=tracks)
    assert [section.bar for section in analyse_sections(led).sections] == [0, 9, 17, 25]


def test_the_highest_notes_are_the_melody_where_no_track_is() -> None:
    score = song("ABAB")
    merged = tuple(note for _, note in score.notes())
    found = analyse_sections(replace(score, tracks=(Track("piano", "chords", 0, merged),)))
    assert names(found) == list("ABAB")


def test_likeness_knows_other_keys() -> None:
    score = song("AA", bars=4, moved={1: 3})
    patterns = bar_patterns(score, melody_line(score))
    assert np.diagonal(likeness(patterns, 3), 4) == pytest.approx(np.ones(4))
    assert np.diagonal(likeness(patterns), 4).max() < 0.9


def test_without_evidence_sections_have_usual_lengths() -> None:
    starts = best_division(np.zeros(33))
    assert set(np.diff([*starts, 32])) <= {4, 8}


def test_evidence_outweighs_usual_lengths() -> None:
    evidence = np.full(22, -3.0)
    evidence[[9, 16]] = 5.0
    assert best_division(evidence) == [0, 9, 16]


def test_short_and_empty_scores_are_one_section() -> None:
    for bars in (1, 2):
        found = analyse_sections(Score((Bar(Meter(4, 4)),) * bars))
        assert [(s.name, s.bar, s.bars) for s in found.sections] == [("A", 0, bars)]


@settings(max_examples=60, deadline=None)
@given(scores())
def test_any_score_is_divided_whole(score: Score) -> None:
    found = analyse_sections(score)
    assert [s.bar for s in found.sections[1:]] == [s.bar + s.bars for s in found.sections[:-1]]
    assert found.sections[0].bar == 0
    assert found.sections[-1].bar + found.sections[-1].bars == len(score.bars)
    assert all(section.bars <= LONGEST_SECTION + 1 for section in found.sections)
    assert len(found.repeats) == len(found.sections)
    for index, repeat in enumerate(found.repeats):
        assert repeat is None or (repeat.of < index and 0 <= repeat.distance <= 1)
        assert repeat is None or -5 <= repeat.shift <= 6
    assert analyse_sections(replace(score, sections=found.sections)) == found
