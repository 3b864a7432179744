"""Two songs in one: the locks of both stay, and what is given need not be as a plan says."""

from pathlib import Path

import pytest
from edit_songs import SteadyModel, cell_notes, foreign_midi, song

from anacrusis.compose.edit import Song, replay
from anacrusis.compose.edit.faults import faults
from anacrusis.compose.edit.join import Join
from anacrusis.compose.errors import EditError
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Score
from anacrusis.compose.verify import verify


def in_bar(score: Score, name: str, bar: int) -> list[tuple[int, int, int, int]]:
    """The notes that begin in a bar of a track, by their place in it."""
    start = score.bar_starts[bar]
    return [
        (n.onset - start, n.pitch, n.duration, n.velocity) for n in cell_notes(score, name, bar)
    ]


def test_the_locks_of_both_stay() -> None:
    made = song("A:4", tracks="flute,piano").lock("piano")
    other = song("B:4", tracks="violin,piano", seed=7).lock("violin", "piano: bar 2")
    after = made.join(other, 1, seed=3)
    assert [str(place) for place in after.locked] == ["piano: bars 1-4, 7", "violin: bars 6-9"]
    again = after.regenerate("all", seed=2)
    for name, bar in (("violin", 0), ("violin", 3), ("piano", 1)):
        assert in_bar(again.score, name, bar + 5) == in_bar(other.score, name, bar)
    assert again.score.track("piano") != after.score.track("piano")
    assert replay(after.history, model=SteadyModel()) == after
    assert str(after.edits[-1]).count("locks violin: bars 1-4, piano: bars 2") == 1


def test_a_locked_pickup_is_not_written() -> None:
    asked = plan_from_line(
        "D A", bars=2, key="D major", tempo=140, tracks="flute,strings", pickup="1", seed=2
    )
    other = Song.compose(asked, model=SteadyModel()).lock()
    after = song("A:4").join(other, 1, seed=6)
    assert after.now.locks == {(name, bar) for name in ("flute", "strings") for bar in (4, 5, 6)}
    for name in ("flute", "strings"):
        later = [n for n in after.score.track(name).notes if n.onset >= after.score.bar_starts[4]]
        assert len(later) == len(other.score.track(name).notes)


@pytest.mark.parametrize("first", [True, False])
def test_a_humanised_piece_leaves_no_plan(first: bool) -> None:
    made, other = song("A:4"), song("B:4", seed=9)
    played = other.humanise(timing=0.5, seed=1)
    after = played.join(made, 1) if first else made.join(played, 1)
    assert after.score.plan is None and not verify(after.score).violations
    assert made.join(other, 1).score.plan is not None


def test_what_is_given_is_no_fault_of_the_transition(tmp_path: Path) -> None:
    made, other = song("A:4"), Song.open(foreign_midi(tmp_path / "other.mid"))
    after = made.join(other, 2, seed=1)
    edit = after.edits[-1]
    assert isinstance(edit, Join)
    assert not faults(edit.given(made.score), after.score)
    assert not faults(made.score, after.score, moved=after.now.moved)
    assert not verify(after.score).ok, "the file itself breaks rules"


def test_only_pieces_are_joined() -> None:
    with pytest.raises(EditError, match=r"3 is no piece; give a Song or a Score"):
        song("A:4").join(3)
