"""Roles of band tracks."""

from anacrusis.compose.analysis.roles import assign_roles
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import MAX_TRACKS_PER_ROLE
from anacrusis.compose.score import Bar, Note, Score, Track

BARS = 8


def line(name: str, program: int, pitches: list[int], step: int, length: int) -> Track:
    onsets = range(0, BARS * 48, step)
    notes = tuple(Note(t, pitches[i % len(pitches)], length) for i, t in enumerate(onsets))
    return Track(name, "melody", program, notes)


def chords(name: str, program: int, length: int, lowest: int = 60) -> Track:
    notes = tuple(
        Note(48 * bar, lowest + step, length) for bar in range(BARS) for step in (0, 4, 7)
    )
    return Track(name, "melody", program, notes)


def kit(name: str, pitch: int) -> Track:
    return Track(name, "drums", -1, tuple(Note(12 * i, pitch, 3) for i in range(4 * BARS)))


def band(*tracks: Track) -> Score:
    return Score((Bar(Meter()),) * BARS, tracks)


def test_a_band_gets_its_roles() -> None:
    result = assign_roles(
        band(
            kit("snare", 38),
            line("low", 33, [36, 43], 12, 12),
            chords("guitar", 27, 12),
            chords("strings", 48, 48, 72),
            line("run", 81, [60, 67, 72, 76], 3, 3),
            line("tune", 73, [72, 74, 76, 72, 79, 77], 24, 18),
            kit("hats", 42),
        )
    )
    roles = {track.role: track for track in result.score.tracks}
    assert set(roles) == {"drums", "bass", "chords", "pad", "arpeggio", "melody"}
    assert roles["melody"].program == 73 and roles["arpeggio"].program == 81
    assert {note.pitch for note in roles["drums"].notes} == {38, 42}
    assert result.dropped == 0


def test_unison_doubles_and_tracks_past_four_are_dropped() -> None:
    tune = line("tune", 73, [72, 74, 76, 72, 79, 77], 24, 18)
    double = Track("double", "melody", 65, tune.notes)
    low = [line(f"low {i}", 33, [36 + i, 43], 12 + 12 * i, 12) for i in range(6)]
    result = assign_roles(band(tune, double, *low))
    roles = [track.role for track in result.score.tracks]
    assert roles.count("melody") == 1 and roles.count("bass") == MAX_TRACKS_PER_ROLE
    assert result.dropped == 3


def test_a_lone_running_line_is_the_melody() -> None:
    result = assign_roles(band(line("run", 81, [60, 67, 72, 76], 3, 3)))
    assert [track.role for track in result.score.tracks] == ["melody"]
