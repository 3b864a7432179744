"""Songs: locks hold, edits are kept and made again, files bring everything back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edit_songs import SteadyModel, cell_notes, foreign_midi, plan, song
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mock_model import random_plan, random_taste

from anacrusis.compose.edit import Song, change_between, diff, replay
from anacrusis.compose.edit.faults import faults
from anacrusis.compose.edit.rewrite import Vary
from anacrusis.compose.errors import AnacrusisError, EditError, FileFormatError, PlanError
from anacrusis.compose.files.json_file import score_to_json
from anacrusis.compose.files.read_write import read_score
from anacrusis.compose.key import Key
from anacrusis.compose.rules.check import MAX_RULES
from anacrusis.compose.score import Note
from anacrusis.compose.verify import verify


def test_an_edit_gives_a_new_song_and_changes_nothing_else() -> None:
    made = song()
    edited = made.regenerate(made["piano"].bars[5:9], seed=3)
    found = made.diff(edited)
    assert [track.track for track in found.tracks] == ["piano"] and not found.lanes
    assert set(found.tracks[0].bars) <= {5, 6, 7, 8} and found.tracks[0].new
    assert not faults(made.score, edited.score)
    assert made.score == song().score, "a song does not change"
    assert edited == made.regenerate("piano: bars 5-8", seed=3)
    assert edited != made.regenerate("piano: bars 5-8", seed=4)


def test_what_is_locked_stays_and_the_rest_is_written() -> None:
    made = song().lock("flute", "drums: bars 1-4")
    edited = made.regenerate("all", seed=1)
    assert edited.score.track("flute") == made.score.track("flute")
    for bar in range(4):
        assert cell_notes(edited.score, "drums", bar) == cell_notes(made.score, "drums", bar)
    assert edited.score.track("piano") != made.score.track("piano")
    assert [str(place) for place in edited.locked] == ["flute: bars 1-16", "drums: bars 1-4"]
    free = edited.unlock("drums: bars 2-3")
    assert str(free.locked[1]) == "drums: bars 1, 4"
    assert not free.unlock().locked
    with pytest.raises(EditError, match="flute in bars 3-4: all of it is locked"):
        made.regenerate("flute: bars 3-4")


def test_a_note_that_rings_into_a_lock_is_kept_with_it() -> None:
    made = song("A:4", tracks="strings,bass")
    pad = made.score.track("strings")
    long = Note(24, 64, 60)  # from bar 1 into bar 2
    kept = tuple(n for n in pad.notes if n.onset >= 96)
    score = replace(made.score, tracks=(replace(pad, notes=(long, *kept)), made.score.tracks[1]))
    locked = Song.of(score, model=SteadyModel()).lock("strings: bar 2")
    before = 0
    for seed in range(12):
        edited = Song(locked.now, locked.edits, model=SteadyModel(seed)).regenerate(
            "all", seed=seed
        )
        notes = edited.score.track("strings").notes
        assert long in notes
        assert not [n for n in notes if 24 < n.onset < 96], "nothing is written into the lock"
        assert all(n.end <= 24 for n in notes if n.onset < 24), "or into what rings into it"
        before += sum(n.onset < 24 for n in notes)
    assert before, "the bar is written up to the note"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
@example(32516)  # where the solver is asked for a way beside a lock
def test_any_lock_holds_whatever_is_edited(seed: int) -> None:
    """By the notes that sound in each locked bar, as they sound there."""
    rng = np.random.default_rng(seed)
    asked = random_plan(rng, 6)
    model = SteadyModel(seed % 1000, random_taste(rng))
    made = Song.compose(asked, model=model)
    cells = [(t.name, bar) for t in made.score.tracks for bar in range(len(made.score.bars))]
    locks = frozenset(cell for cell in cells if rng.random() < 0.4)
    made = replace(made, now=replace(made.now, locks=locks))

    def sounding(one: Song) -> dict[tuple[str, int], set[Note]]:
        starts = one.score.bar_starts
        return {
            (name, bar): {
                n for n in one.score.track(name).notes
                if n.onset < starts[bar + 1] and n.end > starts[bar]
            }
            for name, bar in locks
        }  # fmt: skip

    edits: list[Any] = [
        lambda s: s.regenerate("all", seed=1), lambda s: s.vary("all", (0.0, 0.9), seed=2),
        lambda s: s.humanise(seed=3), lambda s: s.reharmonise("all", "C", seed=4),
        lambda s: s.transpose("all", 2), lambda s: s.transpose("bars 1", 1),
        lambda s: s.reinstrument(s.score.tracks[0].name, "tuba"),
        lambda s: s.replan(replace(s.plan, key=Key("E", "minor")), seed=6),
        lambda s: s.add_track("violin", seed=7),
    ]  # fmt: skip
    before = sounding(made)
    for edit in edits:
        try:
            edited = edit(made)
        except (EditError, PlanError) as error:
            said = ("locked", "reached", "no plan", "drums", "have the role", "cannot move")
            assert any(word in str(error) for word in said), error
            continue
        assert sounding(edited) == before


def test_edits_are_undone_redone_and_made_again() -> None:
    made = song()
    steps = [
        made,
        made.lock("bass: bars 1-8"),
    ]
    steps.append(steps[-1].regenerate("piano", temperature=0.9))
    steps.append(steps[-1].extend(2, "chorus", chords="Dm G"))
    steps.append(steps[-1].transpose("flute", 12))
    last = steps[-1]
    assert [edit["edit"] for edit in last.history] == [
        "compose", "lock", "regenerate", "extend", "transpose"
    ]  # fmt: skip
    assert last.history[2]["seed"] == 2
    assert [str(edit) for edit in last.edits[1:]] == [
        "lock bass: bars 1-8", "regenerate piano: bars 1-16, seed 2, temperature 0.9",
        "extend bars 2, section chorus, chords Dm G, seed 3",
        "transpose flute: bars 1-18, semitones 12",
    ]  # fmt: skip
    json.dumps(last.history)
    again = replay(last.history, model=SteadyModel())
    assert again == last and score_to_json(again.score) == score_to_json(last.score)
    back = last
    for step in reversed(steps[:-1]):
        back = back.undo()
        assert back == step and back.score.plan == step.score.plan
    with pytest.raises(EditError, match="nothing to undo"):
        back.undo()
    forth = back
    for step in steps[1:]:
        forth = forth.redo()
        assert forth == step
    with pytest.raises(EditError, match="nothing to redo"):
        forth.redo()
    with pytest.raises(EditError, match="nothing to redo"):
        last.undo().lock("piano").redo()


def test_a_file_brings_everything_back(tmp_path: Path) -> None:
    made = song().lock("flute").regenerate("piano").extend(1).transpose("drums, bass", 0).undo()
    path = tmp_path / "song.json"
    assert not made.save(path)
    opened = Song.open(path, model=SteadyModel())
    assert opened == made and opened.past == made.past and opened.undone == made.undone
    assert opened.score.plan == made.score.plan
    assert opened.undo().undo().undo() == song()
    assert opened.redo() == made.redo()
    second = tmp_path / "again.json"
    opened.save(second)
    assert second.read_bytes() == path.read_bytes()
    assert read_score(path).score == made.score, "other commands read the score of it"
    with pytest.raises(FileFormatError, match="exists"):
        made.save(path)
    made.save(path, force=True)
    assert made.save(tmp_path / "song.mid").counts["locks and edits"] == 16 + 3
    fresh = Song.open(tmp_path / "song.mid")
    assert fresh.history[0]["edit"] == "open" and not fresh.locked


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["history"], []), (["history"], [{"edit": "sing"}]), (["history"], "x"),
        (["history", 0], {"edit": "compose", "plan": {"sections": []}}),
        (["history", 1], {"edit": "lock", "wher": 1}), (["history", 1], {"edit": "lock"}),
        (["history", 1, "where"], 3), (["history", 2, "seed"], 3), (["locks"], {"oboe": "1"}),
        (["locks"], {"flute": "99"}), (["past"], []), (["past", 0], 5),
        (["past", 1, "tracks"], {"9": {}}),
        (["style"], None),
    ],
)  # fmt: skip
def test_a_history_that_was_tampered_with_is_refused(
    place: list[Any], value: Any, tmp_path: Path
) -> None:
    path = tmp_path / "song.json"
    song("A:4").lock("flute").regenerate("piano").save(path)
    data = json.loads(path.read_text())
    at = data["song"]
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    path.write_text(json.dumps(data))
    try:
        Song.open(path)
    except AnacrusisError as error:
        assert str(path) in str(error) or "edit" in str(error)
    else:
        assert place[-1] in ("seed", "style", 0), "what was refused elsewhere"


def test_histories_that_are_none_are_refused() -> None:
    for history in ([], [{"edit": "lock", "where": {"tracks": ["a"], "bars": "1"}}], [3]):
        with pytest.raises(EditError):
            replay(history)


def test_a_variation_changes_as_much_as_it_says() -> None:
    made = song("A:8", tracks="flute,piano,bass")
    where = made["flute", "piano"].bars[1:9]
    for low, high in ((0.2, 0.4), (0.45, 0.55), (0.0, 0.0), (0.7, 1.0)):
        varied = made.vary(where, (low, high), seed=2)
        cells = where.cells(made.score)
        assert low <= change_between(made.score, varied.score, cells) <= high
        assert varied.score.track("bass") == made.score.track("bass")
        assert not faults(made.score, varied.score)
    for amount, band in ((0.3, (0.2, 0.4)), (0.05, (0.0, 0.15)), (0.95, (0.85, 1.0))):
        asked = made.vary(where, amount)
        said = asked.edits[-1]
        assert isinstance(said, Vary) and (said.low, said.high) == band
        assert asked == made.vary(where, band)
    one = made["piano"].bars[2]
    part = made.vary(one, (0.25, 0.75), seed=3)
    assert 0.25 <= change_between(made.score, part.score, one.cells(made.score)) <= 0.75
    with pytest.raises(EditError, match="was reached"):
        made.vary(made["flute"].bars[3], (0.499, 0.4999))
    with pytest.raises(EditError, match="shares from 0 to 1"):
        made.vary(where, (0.5, 0.2))


def test_a_bar_written_anew_is_about_as_busy_as_it_was() -> None:
    busy = song(sections="verse:4")
    score = busy.regenerate("all", seed=5).score  # by a model that likes to close bars
    for track in busy.score.tracks:
        for bar in range(len(score.bars)):
            old, new = (
                len({note.onset for note in cell_notes(one, track.name, bar)})
                for one in (busy.score, score)
            )
            assert 2 * new >= old, (track.name, bar)


@pytest.mark.slow
def test_more_bars_than_a_plan_may_have_rules_are_written_anew() -> None:
    long = song(sections="verse:130")
    assert 4 * len(long.score.bars) > MAX_RULES
    assert verify(long.regenerate("all", seed=1).score, long.plan).ok


def test_bars_that_moved_are_the_same_bars() -> None:
    before = song(sections="verse:8")
    for after, gone, new in (
        (before.insert(3, 2, seed=1), (), (3, 4)),
        (before.delete("bars 2-4"), (2, 3, 4), ()),
    ):
        found = diff(before.score, after.score)
        assert (found.bars_gone, found.bars_new) == (gone, new)
        last = len(after.score.bars)
        assert all({last - 1, last}.isdisjoint(track.bars) for track in found.tracks)
        assert diff(after.score, before.score).bars_new == gone


def ringing() -> Song:
    """A song whose pad holds its notes over a bar line, and may not rest."""
    asked = plan("A:4", tracks="strings,bass")
    (section,), (pad, bass) = asked.sections, asked.tracks
    assert section.chords is not None
    chords = (*section.chords[:2], (), section.chords[3])  # Am, F for two bars, G
    asked = replace(
        asked,
        sections=(replace(section, chords=chords),),
        tracks=(replace(pad, rest=0), bass),
    )
    score = Song.compose(asked, model=SteadyModel()).score
    notes = (Note(0, 69, 48), Note(48, 65, 96), Note(144, 67, 48))
    tracks = (replace(score.tracks[0], notes=notes), score.tracks[1])
    return Song.of(replace(score, tracks=tracks), model=SteadyModel())


def test_a_bar_that_only_rang_on_is_written_with_the_one_before() -> None:
    made = ringing()
    assert made.score.plan is not None and verify(made.score).ok
    for seed in range(6):
        edited = replace(made, model=SteadyModel(seed)).regenerate("strings: bar 2", seed=seed)
        assert verify(edited.score).ok, verify(edited.score).violations
        assert edited.select("strings: bars 1, 4").notes == made.select("strings: bars 1, 4").notes
        locked = replace(made.lock("strings: bar 3"), model=SteadyModel(seed))
        assert verify(locked.regenerate("strings: bars 1-2", seed=seed).score).ok
        for take in replace(made, model=SteadyModel(seed)).takes("strings: bar 2", 2, seed=seed):
            assert verify(take.score).ok
        varied = made.vary("strings: bars 1-2", (0.0, 1.0), seed=seed)
        assert verify(varied.score).ok
        assert varied.select("strings: bars 3-4").notes == made.select("strings: bars 3-4").notes


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_bar_written_anew_keeps_the_plan(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = Song.compose(random_plan(rng, 6), model=SteadyModel(seed % 1000, random_taste(rng)))
    made = replace(made, model=SteadyModel(seed % 999, random_taste(rng)))
    assert verify(made.score).ok
    name = str(rng.choice([track.name for track in made.score.tracks]))
    lowest, last = made.all.numbers[0], made.all.numbers[-1]
    edited = made.regenerate(made[name].bars[int(rng.integers(lowest, last + 1))], seed=seed)
    report = verify(edited.score, edited.plan)
    assert report.ok, [str(violation) for violation in report.violations[:3]]


def test_humanising_moves_nothing_on_the_grid(tmp_path: Path) -> None:
    made = song().lock("bass")
    played = made.humanise(timing=0.5, loudness=8, seed=5)
    assert played == made.humanise(timing=0.5, loudness=8, seed=5)
    assert played.score.track("bass") == made.score.track("bass")
    shifts = []
    for (_, old), (track, new) in zip(made.score.notes(), played.score.notes(), strict=True):
        assert (old.onset, old.pitch, old.duration) == (new.onset, new.pitch, new.duration)
        assert abs(new.shift) <= 1.0 + 1e-9 and abs(new.velocity - old.velocity) <= 16
        assert new.onset + new.shift >= 0
        shifts.append(new.shift if track.name != "bass" else 0.0)
    assert np.std(shifts) > 0.2
    assert verify(played.score).ok and played.score.plan is None
    with pytest.raises(EditError, match="allowed: 0 to 6 ticks"):
        made.humanise(timing=99)


def test_any_midi_file_is_a_beginning(tmp_path: Path) -> None:
    opened = Song.open(foreign_midi(tmp_path / "in.mid"), model=SteadyModel())
    before = opened.score
    assert before.chords and before.sections and before.keys
    assert [track.name for track in before.tracks] == ["Solo", "acoustic grand piano"]
    assert len(before.tempos) == 2 and before.tempos[1].tick not in before.bar_starts
    pedals = before.tracks[1].controls
    assert len(pedals) == 16
    edited = opened.lock("Solo").regenerate("acoustic grand piano: bars 3-6", seed=1)
    found = diff(before, edited.score)
    assert [track.track for track in found.tracks] == ["acoustic grand piano"] and not found.lanes
    assert set(found.tracks[0].bars) <= {3, 4, 5, 6}
    assert edited.score.tracks[1].controls == pedals
    edited = edited.add_track("bass", seed=2).add_track("drums")
    assert edited.score.tracks[:2] == edited.undo().undo().score.tracks
    assert edited.score.track("bass").notes and edited.score.track("drums").notes
    assert not edited.save(tmp_path / "out.mid").counts.get("control events")
    again = read_score(tmp_path / "out.mid", controls=True).score
    assert again.tracks[0].notes == before.tracks[0].notes
    assert again.tracks[1].controls == pedals and again.tempos == before.tempos
    saved = tmp_path / "out.json"
    edited.save(saved)
    assert Song.open(saved) == edited
    assert replay(edited.history, model=SteadyModel()) == edited


def test_musicxml_is_a_beginning_too(tmp_path: Path) -> None:
    made = song("A:4", tracks="flute,piano")
    bare = replace(made.score, plan=None, chords=(), sections=(), keys=())
    from anacrusis.compose.files.read_write import write_score

    write_score(bare, tmp_path / "in.musicxml")
    opened = Song.open(tmp_path / "in.musicxml", model=SteadyModel())
    assert opened.score.tracks[0].notes == made.score.tracks[0].notes
    assert opened.score.chords
    edited = opened.lock("flute").reharmonise("all", "Dm G C C")
    assert edited.score.track("flute") == opened.score.track("flute")
    assert [str(span.chord) for span in edited.score.chords] == ["Dm", "G", "C", "C"]


def test_tracks_have_names_of_their_own() -> None:
    made = song("A:4", tracks="flute,piano")
    twice = replace(made.score, tracks=tuple(replace(t, name=" ") for t in made.score.tracks))
    assert [t.name for t in Song.of(twice).score.tracks] == ["melody", "chords"]
    same = replace(made.score, tracks=tuple(replace(t, name="x") for t in made.score.tracks))
    assert [t.name for t in Song.of(same).score.tracks] == ["x", "x 2"]


def test_a_plan_is_known_or_found() -> None:
    asked = plan("A:4")
    made = Song.compose(asked, model=SteadyModel())
    assert made.plan.tracks == asked.tracks
    opened = Song.of(replace(made.score, plan=None), model=SteadyModel())
    assert opened.score.plan is None and opened.plan.sections[0].bars == 4


def test_tracks_that_cannot_be_written_are_given() -> None:
    made = song("A:4", tracks="flute,bass")
    flute = made.score.tracks[0]
    crowd = tuple(replace(flute, name=f"flute {n}") for n in range(6))
    opened = Song.of(replace(made.score, tracks=crowd, plan=None), model=SteadyModel(3))
    after = opened.regenerate("all")
    assert after.score.tracks[4:] == opened.score.tracks[4:]
    assert after.score.tracks[0] != opened.score.tracks[0]
    with pytest.raises(EditError, match="tracks beyond four of a role"):
        opened.regenerate("flute 5")


def test_takes_are_songs_in_order_that_can_be_made_again() -> None:
    made = song().lock("flute")
    found = made.takes("piano: bars 5-8", 3, seed=7)
    assert sorted(one.history[-1]["seed"] for one in found) == [7, 8, 9]
    for one in found:
        assert one.history[-1]["edit"] == "take" and one.undo() == made
        assert {track.track for track in made.diff(one).tracks} <= {"piano"}
        assert replay(one.history, model=SteadyModel()) == one
    with pytest.raises(AnacrusisError, match="allowed: 1 to 16"):
        made.takes("piano", 99)

    class Alone:
        context = 1024
        start = SteadyModel.start

    with pytest.raises(EditError, match="one document at a time"):
        replace(made, model=Alone()).takes("piano")  # type: ignore[arg-type]
