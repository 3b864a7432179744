"""Form without notes: annotated beats, annotated phrases, names of sections."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anacrusis.compose.errors import AnacrusisError, DataError
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, TempoChange
from anacrusis.compose.tokens.vocabulary import SECTION_LABELS, section_label
from anacrusis.datasets.annotate import annotate
from anacrusis.datasets.loaders.beats import beats_score
from anacrusis.datasets.loaders.form import Mark, form_score, section_kind
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.loaders.phrases import find_bar, phrases_score
from anacrusis.datasets.registry import card_named


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("verse3a", "verse"), ("Pre-Chorus", "pre-chorus"), ("postchorus", "chorus"),
        ("instchorus2", "chorus"), ("inst", "instrumental"), ("gtr_break", "break"),
        ("Fade-out", "outro"), ("Coda", "ending"), ("Secondary_theme", "theme"),
        ("Pre-Verse", "interlude"), ("C''", "C"), ("Q", "section"), ("stutter", "section"),
        ("Ending", "ending"), ("stageverse", "verse"), ("crowd verse", "verse"),
        ("endless", "section"), ("w/dialog", "section"), ("Silence", None), ("end", None),
        ("End 2", None), ("stage_sounds", None),
    ],
)  # fmt: skip
def test_names_become_kinds_of_the_vocabulary(name: str, kind: str | None) -> None:
    assert section_kind(name) == kind
    if kind is not None:
        assert kind in SECTION_LABELS and section_label(kind) == kind


def beats(*counts: int, pickup: int = 0, period: float = 0.5) -> str:
    """A line for each beat of bars with so many beats, and the last downbeat."""
    numbers = [*range(2, 2 + pickup)]
    for count in counts:
        numbers += range(1, count + 1)
    lines = (f"{1 + i * period:.4f}\t{number}\t0" for i, number in enumerate([*numbers, 1]))
    return "\n".join(lines) + "\n"


def test_beats_give_bars_meters_tempo_and_sections() -> None:
    counts = [4] * 6 + [2] + [4] * 5
    # bar 7 has two beats: the chorus begins after it, a little early
    segments = "0.0 silence\n1.0 intro\n9.0 verse2\n13.9 chorus\n24.0 end\n"
    score, losses = beats_score(beats(*counts), segments, "4|4", "A song", "A band")
    assert [bar.meter for bar in score.bars] == [Meter(count, 4) for count in counts]
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [
        ("intro", 0, 4), ("verse", 4, 3), ("chorus", 7, 5),
    ]  # fmt: skip
    assert score.tempos == (TempoChange(0, 120.0),)
    assert (score.tracks, score.chords, score.keys) == ((), (), ())
    assert (score.title, score.composer) == ("A song", "A band") and not losses


def test_beats_before_the_first_downbeat_are_a_pickup() -> None:
    segments = "0.0 silence\n1.0 verse\n10.0 chorus\n18.0 end"
    score, _ = beats_score(beats(*[4] * 8, pickup=1), segments, "4|4", "", "")
    assert score.bars[0] == Bar(Meter(4, 4), 12) and len(score.bars) == 9
    assert [(s.bar, s.bars) for s in score.sections] == [(0, 5), (5, 4)]


def test_the_time_signature_says_what_a_beat_is() -> None:
    segments = "1.0 verse\n7.0 chorus\n13 end"
    score, _ = beats_score(beats(*[6] * 8, period=0.25), segments, "6|8", "", "")
    assert score.bars[0].meter == Meter(6, 8) and score.tempos[0].bpm == 120.0


def test_a_missing_downbeat_makes_two_bars() -> None:
    segments = "1.0 verse\n17.0 chorus\n33 end"
    score, _ = beats_score(beats(*[4] * 6, 12, *[4] * 6), segments, "4|4", "", "")
    assert [bar.meter for bar in score.bars] == [Meter(4, 4)] * 15


def test_what_is_lost_of_a_form_is_counted() -> None:
    segments = "1.0 verse\n9.0 stutter\n9.2 drumroll\n14.0 chorus\n17.0 end"
    score, losses = beats_score(beats(*[4] * 8), segments, "4|4", "", "")
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [
        ("verse", 0, 4), ("section", 4, 2), ("chorus", 6, 2),
    ]  # fmt: skip
    assert losses.counts == {
        "sections of an unknown kind": 1, "sections shorter than a bar": 1,
        "sections moved to a bar line": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rhythm", "segments", "message"),
    [
        ("0.5\t1\t1\n", "0 verse", "fewer than two downbeats"),
        ("nothing\n", "0 verse", "does not begin with a time"),
        ("2.0\t1\t1\n1.0\t1\t2\n", "0 verse", "do not ascend"),
        (beats(4, 4, 4, 4), "0 silence\n20 end", "no segment of music"),
        (beats(4, 4), "0 verse\n2 chorus", "a form has at least"),
    ],
)
def test_beats_without_form_are_refused(rhythm: str, segments: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        beats_score(rhythm, segments, "4|4", "", "")


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789.\t -nae\n", max_size=80), st.text("019. verse\n", max_size=60))
def test_any_text_gives_a_form_or_a_clear_refusal(rhythm: str, segments: str) -> None:
    for one, other in ((rhythm, segments), (beats(4, 4, 4), segments), (rhythm, "0 A\n9 B")):
        for read in (
            lambda a, b: beats_score(a, b, "4|4", "", ""),
            lambda a, b: phrases_score(a, b, a, "", ""),
        ):
            try:
                read(one, other)
            except AnacrusisError as error:
                assert str(error)


def test_a_form_has_several_sections() -> None:
    with pytest.raises(DataError, match="10 bars in 1 sections"):
        form_score([Bar(Meter())] * 10, [Mark("A", 3)], 120.0, "", "")


def phrase_lengths(bars: Sequence[int], bar: float, noise: float = 0.03) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array(bars) * bar + rng.normal(0, noise, len(bars))


@pytest.mark.parametrize("bar", [1.45, 1.9, 2.37, 2.5])
def test_the_bar_is_found_from_phrases(bar: float) -> None:
    fit = find_bar(phrase_lengths([4, 4, 8, 4, 4, 2, 4, 8, 4, 6, 4, 4], bar))
    assert fit.bar == pytest.approx(bar, rel=0.01) and fit.error < 0.2


def layers(phrases: np.ndarray) -> tuple[str, str, str]:
    """Four sections of four phrases each between silences."""
    times = np.append(0.5, 0.5 + phrases.cumsum())
    names, letters = ("Intro", "Verse", "no_function", "Chorus"), ("A", "B", "C", "B")
    ends = f"{times[-1]:.3f}\tSilence\n{times[-1] + 2:.3f}\tEnd"

    def text(rows: Sequence[tuple[float, str]]) -> str:
        body = "".join(f"{time:.3f}\t{name}\n" for time, name in rows)
        return f"0.0\tSilence\n{body}{ends}"

    sections = times[:-1:4]
    return (
        text(list(zip(sections, names, strict=True))),
        text(list(zip(sections, letters, strict=True))),
        text([(time, "abcd"[i % 4]) for i, (time, _) in enumerate(pairwise(times))]),
    )


def test_phrases_give_bars_and_sections() -> None:
    score, losses = phrases_score(*layers(phrase_lengths([4] * 12 + [4, 8, 4, 2], 2.0)), "T", "")
    assert [(s.name, s.bar, s.bars) for s in score.sections] == [
        ("intro", 0, 16), ("verse", 16, 16), ("C", 32, 16), ("chorus", 48, 18),
    ]  # fmt: skip
    assert score.tempos[0].bpm == pytest.approx(120.0, rel=0.01)
    assert losses.counts == {"bars found by analysis": 66}


def test_phrases_that_fit_no_bar_are_refused() -> None:
    uneven = np.random.default_rng(3).uniform(3.0, 14.0, 16)
    with pytest.raises(DataError, match="do not fit whole bars"):
        phrases_score(*layers(uneven), "", "")
    with pytest.raises(DataError, match="too few"):
        find_bar(np.array([8.0, 8.0, 8.0]))


def harmonix(folder: Path) -> None:
    segments, rhythm = folder / "dataset" / "segments", folder / "dataset" / "beats_and_downbeats"
    segments.mkdir(parents=True)
    rhythm.mkdir()
    (segments / "0001_song.txt").write_text("1.0 verse\n9.0 chorus\n17.0 end")
    (rhythm / "0001_song.txt").write_text(beats(*[4] * 8))
    (segments / "0002_other.txt").write_text("1.0 verse\n9.0 chorus\n17.0 end")
    (folder / "dataset" / "metadata.csv").write_text(
        'File,Title,Artist,Time Signature\n0001_song,"A, song",A band,4|4\n'
    )


def test_a_set_of_beats_is_read_song_by_song(tmp_path: Path) -> None:
    harmonix(tmp_path)
    card = card_named("harmonix_structure")
    first, second = (load_unit(card, tmp_path, unit) for unit in list_units(card, tmp_path))
    (piece,) = first.pieces
    assert (piece.score.title, piece.score.composer) == ("A, song", "A band")
    assert piece.style == "chart" and annotate(piece) is piece
    assert "cannot be read" in second.refused[0].reason


def test_a_set_of_phrases_follows_the_annotator_that_fits(tmp_path: Path) -> None:
    card = card_named("salami_structure")
    good = layers(phrase_lengths([4] * 16, 2.0))
    bad = layers(np.random.default_rng(3).uniform(3.0, 14.0, 16))
    for song, annotations in (("7", (bad, good)), ("8", (bad,)), ("9", ())):
        folder = tmp_path / "annotations" / song / "parsed"
        folder.mkdir(parents=True)
        for number, texts in enumerate(annotations, 1):
            for layer, text in zip(("functions", "uppercase", "lowercase"), texts, strict=True):
                (folder / f"textfile{number}_{layer}.txt").write_text(text)
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "metadata.csv").write_text(
        "SONG_ID,SONG_TITLE,ARTIST\n7,A_song,A_band\n"
    )
    seventh, eighth, ninth = (
        load_unit(card, tmp_path, unit) for unit in list_units(card, tmp_path)
    )
    assert seventh.pieces[0].score.title == "A song" and len(seventh.pieces[0].score.bars) == 64
    assert "do not fit" in eighth.refused[0].reason
    assert "no annotation" in ninth.refused[0].reason
