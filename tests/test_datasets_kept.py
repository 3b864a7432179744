"""What of a file is kept, and what fell out: movements, long pieces, split bars, ensembles."""

from pathlib import Path

import pytest
from musicxml_files import note, rest

from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import MAX_BARS
from anacrusis.compose.score import Bar, Note, Score, Section, Track
from anacrusis.datasets.collect import pieces_folder, write_listing
from anacrusis.datasets.loaders.clean import join_split_bars, stretches
from anacrusis.datasets.loaders.ensembles import as_quartet, as_song
from anacrusis.datasets.loaders.load import list_units, load_unit
from anacrusis.datasets.loaders.piece import Refusal, UnitResult
from anacrusis.datasets.pieces import read_unit, write_unit
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.splits import group_of
from anacrusis.datasets.stats import statistics, table


def line(*pitches: int, program: int = 40, name: str = "line") -> Track:
    return Track(name, "melody", program, tuple(Note(12 * i, p, 12) for i, p in enumerate(pitches)))


def quartet_file(*movements: int, silent: int = 0) -> str:
    """Four parts in movements of so many bars; the last bars of each are silent."""
    head = (
        "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
        "</attributes>"
    )
    parts, names = [], []
    for part in range(4):
        bars = [
            (number, note("G4", 4) + note("E4", 4) if number <= count - silent else rest(8))
            for count in movements
            for number in range(1, count + 1)
        ]
        measures = "".join(
            f'<measure number="{number}">{head if place == 0 else ""}{content}</measure>'
            for place, (number, content) in enumerate(bars)
        )
        parts.append(f'<part id="P{part}">{measures}</part>')
        names.append(f'<score-part id="P{part}"><part-name>Violin {part}</part-name></score-part>')
    listing = f"<part-list>{''.join(names)}</part-list>"
    return f"<score-partwise>{listing}{''.join(parts)}</score-partwise>"


def read(folder: Path, text: str, name: str = "openscore_quartets") -> tuple[str, UnitResult]:
    path = folder / "scores" / "Haydn" / "Op1" / "sq1.musicxml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    card = card_named(name)
    (unit,) = list_units(card, folder)
    return unit, load_unit(card, folder, unit)


def test_movements_are_pieces_of_one_work(tmp_path: Path) -> None:
    _, result = read(tmp_path, quartet_file(6, 5, silent=1))
    first, second = result.pieces
    assert [len(piece.score.bars) for piece in result.pieces] == [5, 4]
    assert first.id == "openscore_quartets/scores/Haydn/Op1/sq1/1"
    assert group_of(first) == group_of(second) == "openscore_quartets/scores/Haydn/Op1"
    assert [(refusal.reason, refusal.bars) for refusal in result.refused] == [
        ("bars without notes at the ends", 1), ("bars without notes at the ends", 1),
    ]  # fmt: skip


def test_a_movement_that_cannot_be_used_leaves_the_others(tmp_path: Path) -> None:
    _, result = read(tmp_path, quartet_file(6, 2).replace("Violin 0", "Piano"))
    assert not result.pieces and "3 string parts" in result.refused[0].reason
    _, result = read(tmp_path, quartet_file(2, 5, silent=2))
    (piece,) = result.pieces
    assert piece.id.endswith("/2") and len(piece.score.bars) == 3
    assert result.refused[0] == Refusal(
        "openscore_quartets/scores/Haydn/Op1/sq1/1", "fewer than 8 notes", 2
    )


def test_statistics_say_how_many_bars_were_kept_and_why_others_fell(tmp_path: Path) -> None:
    card = card_named("openscore_quartets")
    folder = pieces_folder(card, tmp_path / "pieces")
    folder.mkdir(parents=True)
    for name, text in (
        ("a", quartet_file(6, 5, silent=1)), ("b", quartet_file(9)[:-9]), ("c", "none"),
    ):  # fmt: skip
        unit, result = read(tmp_path, text)
        write_unit(folder / name, unit, result)
        assert read_unit(folder / name) == result
    write_listing(folder, [folder / name for name in "abc"])
    found = statistics(card.name, tmp_path / "pieces")
    assert (found.bars, found.source_bars, found.uncounted) == (9, 20, 1)
    assert found.kept == pytest.approx(9 / 20)
    report = table([found])
    assert "| openscore_quartets | 3 | 2 | 20 and 1 file | 9 (45.00%) |" in report
    assert "| openscore_quartets | bars without notes at the ends | 2 | 2 |" in report


def test_a_piece_longer_than_any_plan_becomes_several(tmp_path: Path) -> None:
    bars = MAX_BARS * 2 + 1
    notes = tuple(Note(12 * i, 60, 12) for i in range(bars))
    score = Score((Bar(Meter(1, 4)),) * bars, (Track("a", "melody", 0, notes),))
    parts = stretches(score)
    assert [len(part.bars) for part in parts] == [1333, 1334, 1334]
    assert sum(len(part.tracks[0].notes) for part in parts) == bars
    assert stretches(parts[0]) == [parts[0]]
    path = tmp_path / "musics" / "long.mid"
    path.parent.mkdir()
    path.write_bytes(midi_bytes(Score((Bar(Meter(1, 4)),) * 2000, (line(*[60, 64] * 20),))).data)
    (piece,) = load_unit(card_named("freedoom_midi"), tmp_path, "musics/long.mid").pieces
    assert len(piece.score.bars) == 40


def test_a_bar_split_at_a_repeat_becomes_one() -> None:
    meter = Meter(4, 4)
    bars = (Bar(meter, 12), Bar(meter), Bar(meter, 36), Bar(meter, 12), Bar(meter), Bar(meter, 36))
    sections = (Section("A", 0, 3), Section("B", 4, 2))
    score, losses = join_split_bars(Score(bars, (line(60),), sections=sections))
    assert score.bars == (Bar(meter, 12), Bar(meter), Bar(meter), Bar(meter), Bar(meter, 36))
    assert score.sections == (Section("A", 0, 3), Section("B", 3, 2))
    assert losses.counts == {"bars split at a repeat, joined": 1}
    begins = Score(bars, sections=(Section("A", 0, 3), Section("B", 3, 3)))
    assert join_split_bars(begins).score == begins, "a section begins within the bar"
    uneven = Score((Bar(meter), Bar(meter, 24), Bar(meter, 12)))
    assert join_split_bars(uneven).score == uneven


def test_songs_without_a_keyboard_and_quartets_with_a_fifth_staff() -> None:
    bars = (Bar(Meter()),) * 4
    voices = [line(*[72 - 5 * i] * 8, program=52, name=f"Voice {i}") for i in range(4)]
    roles = [track.role for track in as_song(Score(bars, tuple(voices))).score.tracks]
    assert roles == ["melody", "counter", "counter", "bass"]
    assert [t.role for t in as_song(Score(bars, tuple(voices[:2]))).score.tracks] == [
        "melody", "counter",
    ]  # fmt: skip
    strings = [line(*[76 - 7 * i] * 8, program=program) for i, program in enumerate((40, 40, 41))]
    cellos = [line(*[48] * 8, program=42), line(36, 38, program=42, name="ossia")]
    quartet, losses = as_quartet(Score(bars, (*strings, *cellos)))
    assert [len(track.notes) for track in quartet.tracks] == [8, 8, 8, 10]
    assert losses.counts == {"divided parts joined": 1}
