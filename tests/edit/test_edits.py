"""Each edit does what it says, and nothing else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from edit_songs import SteadyModel, cell_notes, plan, song
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import random_plan, random_taste
from strategies import scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.fill import most_at_once, planned
from anacrusis.compose.edit import Song, diff
from anacrusis.compose.edit.diff import note_lines
from anacrusis.compose.edit.faults import faults
from anacrusis.compose.edit.timeline import splice
from anacrusis.compose.errors import AnacrusisError, EditError, PlanError, SymbolError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import TrackPlan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    Control,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)
from anacrusis.compose.verify import verify
from anacrusis.compose.verify.report import Violation

FOUR, THREE = Meter(4, 4), Meter(3, 4)


def new_faults(made: Song, after: Song) -> tuple[Violation, ...]:
    return faults(made.score, after.score, moved=after.now.moved)


def chords(score: Score) -> list[str]:
    return [str(span.chord) for span in score.chords]


class TestBars:
    def test_bars_are_put_in_with_their_chords(self) -> None:
        made = song("A:4,B:4").lock("bass: bar 5")
        after = made.insert(5, 2, chords="Dm E7", section="bridge")
        assert [(s.name, s.bar, s.bars) for s in after.score.sections] == [
            ("A", 0, 4), ("bridge", 4, 2), ("B", 6, 4)
        ]  # fmt: skip
        assert chords(after.score)[4:6] == ["Dm", "E7"]
        assert [str(place) for place in after.locked] == ["bass: bars 7"]
        assert not new_faults(made, after) and verify(after.score).ok
        for bar in range(8):
            old = cell_notes(made.score, "piano", bar)
            new = cell_notes(after.score, "piano", bar + 2 * (bar >= 4))
            assert [n.onset + 96 * (bar >= 4) for n in old] == [n.onset for n in new]
        grown = made.insert(5, 2)
        assert [s.bars for s in grown.score.sections] == [6, 4]
        assert grown.score.plan is not None and grown.score.plan.bars == 10

    def test_sections_and_pieces_go_on(self) -> None:
        made = song("verse:4,chorus:4,verse,chorus")
        longer = made.extend(2, "chorus")
        assert [s.bars for s in longer.score.sections] == [4, 6, 4, 4]
        assert [s.bars for s in made.extend(3).score.sections] == [4, 4, 4, 7]
        more = made.continue_(4, "bridge", chords="Dm G C C", seed=5)
        assert more.score.sections[-1] == Section("bridge", 16, 4)
        assert chords(more.score)[-4:] == ["Dm", "G", "C", "C"]
        for name in ("flute", "piano", "bass", "drums"):
            assert more.score.track(name).notes[: len(made.score.track(name).notes)] == (
                made.score.track(name).notes
            )
        for after in (longer, more):
            assert not new_faults(made, after)

    def test_the_model_writes_chords_for_new_bars(self) -> None:
        made = song("A:4,B:4")
        after = made.insert(5, 3, seed=8)
        assert after == made.insert(5, 3, seed=8)
        start, end = after.score.bar_starts[4], after.score.bar_starts[7]
        assert after.score.chord_at(start) is not None
        assert [s for s in after.score.chords if s.onset >= end] == [
            replace(s, onset=s.onset + 144) for s in made.score.chords if s.onset >= start
        ]

    def test_bars_are_taken_out(self) -> None:
        made = song("A:4,B:4")
        after = made.delete(made.bars[2:4])
        assert len(after.score.bars) == 6 and chords(after.score)[:2] == ["Am", "G"]
        assert cell_notes(after.score, "drums", 1) == tuple(
            replace(n, onset=n.onset - 96) for n in cell_notes(made.score, "drums", 3)
        )
        assert made.delete("bars 1-4").score.sections == (Section("B", 0, 4),)
        assert len(made.delete("bars 1-2, 5, 8").score.bars) == 4
        with pytest.raises(EditError, match="out of all tracks"):
            made.delete("piano: bars 1-2")
        with pytest.raises(EditError, match="all bars"):
            made.delete("all")
        with pytest.raises(EditError, match="locked, so it cannot be taken out"):
            made.lock("bass: bar 2").delete("bars 1-2")

    def test_what_rings_over_a_border_guards_a_lock(self) -> None:
        tracks = (Track("pad", "pad", 89, (Note(40, 60, 30), Note(96, 64, 48))),)
        made = Song.of(Score((Bar(FOUR),) * 4, tracks), model=SteadyModel())
        with pytest.raises(EditError, match="rings over the border of bars 2"):
            made.lock("bar 1").delete("bar 2")
        assert made.delete("bar 2").score.tracks[0].notes == (Note(40, 60, 8), Note(48, 64, 48))

    @pytest.mark.parametrize(
        ("edit", "said"),
        [
            (lambda s: s.insert(20, 1), "no bar 20"), (lambda s: s.insert(1, 0), "0 bars more"),
            (lambda s: s.extend(2, "coda"), "no section"), (lambda s: s.extend(5000), "allowed: 1"),
            (lambda s: s.insert(2, 2, chords="H"), "cannot be read"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused(self, edit: Any, said: str) -> None:
        with pytest.raises(AnacrusisError, match=said):
            edit(song("A:4,B:4"))


@settings(max_examples=150, deadline=None)
@given(scores(), st.data())
def test_what_is_spliced_in_and_out_leaves_the_rest(score: Score, data: st.DataObject) -> None:
    at = data.draw(st.integers(min(1, len(score.bars) - 1), len(score.bars)))
    added = [Bar(data.draw(st.sampled_from([FOUR, THREE])))] * data.draw(st.integers(1, 3))
    name = data.draw(st.sampled_from([None, "new"]))
    grown = splice(score, at, added=added, section=name)
    assert len(grown.moved) == len(grown.score.bars) == len(score.bars) + len(added)
    for bar, was in enumerate(grown.moved):
        if was is not None:
            assert grown.score.bars[bar] == score.bars[was]
            for name_ in {track.name for track in score.tracks}:
                old = [(n.onset - score.bar_starts[was], n.pitch, n.duration)
                       for n in cell_notes(score, name_, was)]  # fmt: skip
                new = [(n.onset - grown.score.bar_starts[bar], n.pitch, n.duration)
                       for n in cell_notes(grown.score, name_, bar)]  # fmt: skip
                assert old == new
            start, before = grown.score.bar_starts[bar], score.bar_starts[was]
            assert grown.score.key_at(start) == score.key_at(before) or bar == 0
            pace = [c.bpm for c in score.tempos if c.tick <= before][-1]
            assert [c.bpm for c in grown.score.tempos if c.tick <= start][-1] == pace
            for tick in range(score.bars[was].ticks):
                assert grown.score.chord_at(start + tick) == score.chord_at(before + tick)
    back = splice(grown.score, at, removed=len(added))
    assert back.score.bars == score.bars and back.score.ticks == score.ticks
    assert [(t.name, t.role) for t in back.score.tracks] == [(t.name, t.role) for t in score.tracks]


def test_controllers_and_tempos_are_after_a_cut_what_they_were() -> None:
    controls = (
        Control(0, "control", 64, 127), Control(50, "control", 64, 0), Control(60, "control", 7, 9),
        Control(100, "control", 7, 80),
    )  # fmt: skip
    track = Track("a", "pad", 0, (), controls)
    tempos = (TempoChange(0, 100.0), TempoChange(60, 90.0), TempoChange(150, 80.0))
    score = Score((Bar(FOUR),) * 4, (track,), tempos, (KeyChange(48, Key("G")),))
    cut = splice(score, 1, removed=1).score
    assert cut.tracks[0].controls == (
        Control(0, "control", 64, 127), Control(48.0, "control", 64, 0),
        Control(48.0, "control", 7, 9), Control(52.0, "control", 7, 80),
    )  # fmt: skip
    assert cut.tempos == (TempoChange(0, 100.0), TempoChange(48, 90.0), TempoChange(102, 80.0))
    assert cut.keys == (KeyChange(48, Key("G")),)


class TestFaults:
    """What is new and wrong is found, whatever was wrong before."""

    def test_a_note_like_an_old_one_in_another_bar_is_new(self) -> None:
        made = song("A:4,B:4", tracks="flute,bass")
        after = made.insert(5, 2, chords="Dm E7")
        assert after.now.moved == (0, 1, 2, 3, None, None, 4, 5, 6, 7)
        bass = after.score.track("bass")
        first = cell_notes(made.score, "bass", 0)[0]  # the root of Am, no tone of E7
        assert first.onset == 0 and first.pitch % 12 == 9
        start = after.score.bar_starts[5]
        wrong = replace(first, onset=start)
        others = [n for n in bass.notes if not start <= n.onset < start + 48]
        tracks = (after.score.tracks[0], replace(bass, notes=tuple(sorted([*others, wrong]))))
        found = faults(made.score, replace(after.score, tracks=tracks), moved=after.now.moved)
        assert "bass" in {violation.rule for violation in found}
        with pytest.raises(EditError, match="say which they were"):
            faults(made.score, after.score)

    def test_what_is_missing_is_found_where_it_was_not_missing_before(self) -> None:
        made = song("A:4,B:4", rules=["flute: onsets 1-8"])
        flute = made.score.tracks[0]
        without = replace(
            made.score,
            tracks=(
                replace(flute, notes=tuple(n for n in flute.notes if not 96 <= n.onset < 144)),
                *made.score.tracks[1:],
            ),
        )
        assert [(f.rule, f.bar) for f in faults(made.score, without)] == [("onsets", 3)]
        assert not faults(without, without)

    def test_what_another_piece_brings_along_is_no_fault(self) -> None:
        made = song("A:4,B:4", rules=["flute: range C4-C6", "flute: onsets 1-8"])
        odd = song("A:4").score
        flute = replace(odd.tracks[0], notes=(Note(0, 61, 12), Note(12, 100, 12)))
        after = made.join(replace(odd, tracks=(flute, *odd.tracks[1:]), plan=None), 2)
        assert after.now.moved == (*range(8), None, None, *range(8, 12))
        assert not verify(after.score).ok and not new_faults(made, after)
        assert {str(rule) for rule in after.plan.rules} == {
            "flute: range C4-C6 in bars 1-8", "flute: onsets 1-8 in bars 1-8"
        }  # fmt: skip


class TestPitches:
    def test_all_of_it_moves_with_chords_and_keys(self) -> None:
        made = song("A:4,B:4")
        after = made.transpose("all", 2)
        assert chords(after.score)[:4] == ["Bm", "G", "D", "A"]
        assert str(after.score.keys[0].key) == "B minor"
        assert after.score.track("drums") == made.score.track("drums")
        for old, new in zip(made.score.track("piano").notes, after.score.track("piano").notes,
                            strict=True):  # fmt: skip
            assert new == replace(old, pitch=old.pitch + 2)
        assert verify(after.score).ok
        assert after.transpose("all", -2).score.track("bass") == made.score.track("bass")

    def test_a_part_moves_between_its_borders(self) -> None:
        made = song("A:4,B:4")
        after = made.transpose("bars 3-4", 3)
        assert [(c.tick, str(c.key)) for c in after.score.keys] == [
            (0, "A minor"), (96, "C minor"), (192, "A minor")
        ]  # fmt: skip
        assert chords(after.score)[:5] == ["Am", "F", "Eb", "Bb", "Am"]
        one = made.transpose("flute", 12)
        assert one.score.chords == made.score.chords and one.score.keys == made.score.keys
        assert one.plan.tracks[0].high == made.plan.tracks[0].high + 12

    def test_what_cannot_move_is_refused(self) -> None:
        made = song("A:4,B:4")
        with pytest.raises(EditError, match="locked, so it cannot be transposed"):
            made.lock("bass").transpose("all", 1)
        with pytest.raises(EditError, match="allowed: MIDI pitches"):
            made.transpose("flute", 100)
        with pytest.raises(EditError, match="semitones"):
            made.transpose("flute", 1.5)  # type: ignore[arg-type]

    def test_locked_drums_stay_where_all_is_transposed(self) -> None:
        made = song("A:4,B:4").lock("drums")
        after = made.transpose("all", 2)
        assert after.score == made.unlock().transpose("all", 2).score
        assert chords(after.score)[:2] == ["Bm", "G"] and after.now.locks == made.now.locks

    def test_another_instrument_plays_in_its_range(self) -> None:
        made = song("A:4,B:4")
        after = made.reinstrument("flute", "cello")
        track = after.score.track("flute")
        assert track.program == 42 and all(36 <= n.pitch <= 76 for n in track.notes)
        for old, new in zip(made.score.track("flute").notes, track.notes, strict=True):
            assert (old.onset, old.duration) == (new.onset, new.duration)
            assert (old.pitch - new.pitch) % 12 == 0
        assert after.plan.tracks[0].program == 42 and verify(after.score).ok
        same = made.reinstrument("flute", "recorder")
        assert same.score.track("flute").notes == made.score.track("flute").notes
        with pytest.raises(EditError, match="cannot be moved into the range of contrabass"):
            made.lock("flute").reinstrument("flute", "contrabass")
        with pytest.raises(EditError, match="drums"):
            made.reinstrument("drums", "cello")
        with pytest.raises(SymbolError, match="unknown"):
            made.reinstrument("flute", "kazoo")

    def test_notes_that_would_double_one_another_are_one(self) -> None:
        low = (Note(0, 60, 12), Note(12, 60, 12), Note(36, 60, 12))
        notes = (*low, Note(0, 88, 12), Note(0, 100, 12), Note(24, 100, 12))
        score = Score((Bar(FOUR),), (Track("a", "chords", 0, notes),))
        found = Song.of(score).reinstrument("a", "flute").score.tracks[0].notes
        assert found == tuple(sorted((*low, Note(0, 88, 12), Note(24, 88, 12))))


class TestHarmony:
    def test_the_melody_stays_and_the_others_follow(self) -> None:
        made = song("A:4,B:4")
        after = made.reharmonise("bars 5-8", "Dm Bb C Am", seed=3)
        assert after.score.track("flute") == made.score.track("flute")
        assert after.score.track("drums") == made.score.track("drums")
        assert chords(after.score)[4:] == ["Dm", "Bb", "C", "Am"]
        assert not new_faults(made, after)
        found = diff(made.score, after.score)
        assert {track.track for track in found.tracks} <= {"piano", "bass"}
        kept = made.reharmonise("bars 5-8", "Dm Bb C Am", keep=["flute", "bass"])
        assert kept.score.track("bass") == made.score.track("bass")

    def test_chords_are_found_for_what_is_kept(self) -> None:
        made = song("A:4,B:4", tracks="flute,piano")
        after = made.reharmonise("all", seed=3)
        assert after.score.chords and after.score.track("flute") == made.score.track("flute")
        assert after.score.chords[0].onset == 0 and after.score.chords[-1].end == 384
        quiet = song("A:4", tracks="piano,bass")
        with pytest.raises(EditError, match="nothing that is kept"):
            quiet.reharmonise()
        with pytest.raises(EditError, match="no track 'oboe'"):
            made.reharmonise(keep="oboe")


class TestPlayers:
    def test_a_track_is_added(self) -> None:
        made = song("verse:4,chorus:4,verse")
        after = made.add_track("strings", "violins", seed=2)
        assert after.score.tracks[:4] == made.score.tracks
        assert after.score.track("violins").role == "pad" and after.score.track("violins").notes
        assert [s.reprise for s in after.plan.sections] == [None, None, "verse"]
        assert verify(after.score).ok
        some = made.add_track("cello", where="chorus")
        assert {some.score.bar_at(n.onset) for n in some.score.track("cello").notes} <= set(
            range(4, 8)
        )
        assert verify(some.score).ok and not new_faults(made, some)
        assert [t.name for t in made.add_track("flute").score.tracks][-1] == "flute 2"
        with pytest.raises(EditError, match="already"):
            made.add_track("cello", "flute")
        with pytest.raises(PlanError, match="neither a role"):
            made.add_track("kazoo")

    def test_drums_sound_together_where_they_are_struck_together(self) -> None:
        hits = (Note(0, 36, 40), Note(0, 42, 40), Note(12, 38, 40), Note(24, 42, 24))
        assert most_at_once(hits, drums=True) == 2
        assert most_at_once(hits, drums=False) == 4
        many = tuple(Note(step, 36 + step, 40) for step in range(12))
        track = Track("drums", "drums", -1, many)
        usual = TrackPlan.of_role("drums").polyphony
        assert planned(track, Score((Bar(FOUR),) * 2, (track,))).polyphony == usual

    def test_a_lead_sheet_becomes_a_band(self) -> None:
        sheet = song("A:4,B:4", tracks="flute", style="lead sheet")
        band = sheet.rearrange("piano,cello,bass,drums", seed=4)
        assert band.score.track("flute") == sheet.score.track("flute")
        assert [t.role for t in band.score.tracks] == [
            "melody",
            "chords",
            "counter",
            "bass",
            "drums",
        ]
        assert all(track.notes for track in band.score.tracks)
        assert band.score.chords == sheet.score.chords and verify(band.score).ok
        again = band.rearrange(["strings"])
        assert [t.name for t in again.score.tracks] == ["flute", "strings"]
        assert again.plan.tracks[0] == sheet.plan.tracks[0]
        with pytest.raises(EditError, match="locked, so it cannot be given to others"):
            band.lock("bass").rearrange("strings")
        with pytest.raises(EditError, match="no track has the melody"):
            song("A:4", tracks="piano,bass").rearrange("strings")


class TestJoining:
    def other(self) -> Song:
        asked = plan_from_line(
            "D A Bm G", bars=4, key="D major", meter="3/4", tempo=140, tracks="flute,strings",
            pickup="1", seed=2,
        )  # fmt: skip
        return Song.compose(asked, model=SteadyModel())

    def test_two_pieces_with_a_transition(self) -> None:
        made, other = song("A:4,B:4"), self.other()
        after = made.lock("piano: bar 2").join(other, 2, seed=6)
        score = after.score
        assert [(s.name, s.bar, s.bars) for s in score.sections] == [
            ("A", 0, 4), ("B", 4, 4), ("transition", 8, 2), ("A", 10, 4)
        ]  # fmt: skip
        assert [str(bar.meter) for bar in score.bars[8:]] == [
            "4/4",
            "3/4",
            "3/4",
            "3/4",
            "3/4",
            "3/4",
        ]
        assert [change.bpm for change in score.tempos] == [100.0, 120.0, 140.0]
        assert (
            str(score.key_at(0)) == "A minor"
            and str(score.key_at(score.bar_starts[8])) == "D major"
        )
        assert score.chord_at(score.bar_starts[8]) == Chord.parse("A7")
        for track in made.score.tracks:
            assert score.track(track.name).notes[: len(track.notes)] == track.notes
        shift = score.bar_starts[10] - other.score.bar_starts[1]
        for track in other.score.tracks:
            late = [replace(n, onset=n.onset + shift) for n in track.notes]
            assert set(late) <= set(score.track(track.name).notes)
        assert score.track("flute").program == 73 and score.track("strings").notes
        assert after.now.locks == {("piano", 1)}
        bridge = [n for _, n in score.notes() if 384 <= n.onset < score.bar_starts[9]]
        assert bridge and not new_faults(made, after)
        assert after == made.lock("piano: bar 2").join(other, 2, seed=6)

    def test_lengths_of_transition(self) -> None:
        made, other = song("A:4,B:4"), self.other()
        bare = made.join(other, 0)
        assert len(bare.score.bars) == 8 + 1 + 4
        assert [s.name for s in bare.score.sections] == ["A", "B", "A"]
        long = made.join(song("C:4", seed=9), 4, chords="Dm G C E7")
        assert chords(long.score)[8:12] == ["Dm", "G", "C", "E7"] and len(long.score.bars) == 16
        assert len(made.join(made.score, 1).score.bars) == 17
        with pytest.raises(EditError, match="allowed: 0 to 64"):
            made.join(other, 65)

    def test_tracks_that_are_not_the_same_stand_beside(self) -> None:
        made = song("A:4", tracks="flute,piano")
        other = song("A:4", tracks="piano,violin")
        names = [t.name for t in made.join(other, 1).score.tracks]
        assert names == ["flute", "piano", "violin"]


class TestDiff:
    def test_bars_and_notes(self) -> None:
        made = song("A:4,B:4")
        piano = made.score.track("piano")
        softer = replace(piano, notes=(*piano.notes[:-1], replace(piano.notes[-1], velocity=1)))
        other = replace(
            made.score, title="Other",
            tracks=tuple(softer if t is piano else t for t in made.score.tracks),
        )  # fmt: skip
        found = diff(made.score, other)
        assert found.lanes == ("title",) and bool(found)
        assert found.tracks[0].gone == (piano.notes[-1],) and found.tracks[0].bars == (8,)
        assert str(found) == "title differ\npiano: bar 8: 1 note gone, 1 new"
        assert [line[0] for line in note_lines(found)] in (["-", "+"], ["+", "-"])
        data = found.to_data()
        assert data["tracks"][0]["new"][0][3] == 1
        same = diff(made.score, made.score)
        assert not same and str(same) == "no differences"

    def test_tracks_that_come_and_go(self) -> None:
        made = song("A:4,B:4")
        fewer = replace(made.score, tracks=made.score.tracks[:3])
        gone = diff(made.score, fewer).tracks
        assert [(t.track, t.kind) for t in gone] == [("drums", "removed")]
        assert diff(fewer, made.score).tracks[0].kind == "added"
        played = made.reinstrument("flute", "recorder").score
        assert str(diff(made.score, played)) == "flute: flute -> recorder"
        pedal = (replace(made.score.tracks[0], controls=(Control(0, "control", 64, 1),)),)
        held = replace(made.score, tracks=(*pedal, *made.score.tracks[1:]))
        assert str(diff(made.score, held)) == "flute: controllers differ"

    def test_roles_and_instruments_differ(self) -> None:
        made = song("A:4,B:4")
        flute = made.score.tracks[0]
        led = replace(made.score, tracks=(replace(flute, role="counter"), *made.score.tracks[1:]))
        found = diff(made.score, led)
        assert str(found) == "flute: role melody -> counter"
        (row,) = found.to_data()["tracks"]
        assert row["role"] == ["melody", "counter"] and row["instrument"] is None
        played = made.reinstrument("flute", "recorder").score
        (row,) = diff(made.score, played).to_data()["tracks"]
        assert row["instrument"] == ["flute", "recorder"] and row["role"] is None

    def test_rules_that_fell_away_are_told(self) -> None:
        made = song("A:6", rules=["flute: rhythm 3/8", "flute: leap 12 in bars 3-4"])
        found = made.diff(made.delete("bar 1"))
        assert str(found).splitlines()[-3:] == [
            "rule gone: flute: rhythm 3/8",
            "rule gone: flute: leap 12 in bars 3-4",
            "rule new: flute: leap 12 in bars 2-3",
        ]
        assert found.to_data()["rules"]["new"] == ["flute: leap 12 in bars 2-3"]
        bare = replace(made.score, plan=None)
        assert not diff(made.score, bare)

    @given(scores())
    def test_nothing_differs_from_itself(self, score: Score) -> None:
        assert not diff(score, score)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_any_edit_writes_keeps_the_rules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = random_plan(rng, 6)
    made = Song.compose(asked, model=SteadyModel(seed % 1000, random_taste(rng)))
    made = replace(made, model=SteadyModel(seed % 999, random_taste(rng)))
    names = [track.name for track in made.score.tracks]
    lowest, last = made.all.numbers[0], made.all.numbers[-1]
    first = int(rng.integers(lowest, last + 1))
    where = made[str(rng.choice(names))].bars[first : int(rng.integers(first, last + 1)) + 1]
    edits = [
        lambda: made.regenerate(where), lambda: made.extend(2), lambda: made.continue_(2),
        lambda: made.insert(max(first, 1), 2), lambda: made.add_track("violin"),
        lambda: made.reharmonise("all", "Dm"), lambda: made.join(song("Z:4"), 2),
    ]  # fmt: skip
    edit = edits[int(rng.integers(len(edits)))]
    try:
        after = edit()
    except PlanError as error:
        assert "tracks have the role" in str(error)
        return
    found = new_faults(made, after)
    assert not found, [str(violation) for violation in found[:3]]


def test_plans_are_kept_where_they_can_be() -> None:
    made = Song.compose(plan(), model=SteadyModel())
    assert made.regenerate("piano", seed=1).plan == made.plan, "what comes back comes back"
    alone = made.regenerate("piano: verse 2", seed=1)
    assert [s.reprise for s in alone.plan.sections] == [None] * 4
    assert alone.score.plan is not None
    from anacrusis.compose.rules import parse_rule

    ruled = replace(made.plan, rules=(parse_rule("flute: leap 12 in bars 9-12"),))
    asked = Song.compose(ruled, model=SteadyModel())
    moved = asked.insert(5, 2, section="x")
    assert [str(rule) for rule in moved.plan.rules] == ["flute: leap 12 in bars 11-14"]
    assert not asked.delete("bars 9-12").plan.rules
    assert not asked.rearrange("strings", keep="piano").plan.rules


def test_a_chord_lane_of_gaps_is_carried_on() -> None:
    spans = (ChordSpan(24, 24, Chord.parse("C")), ChordSpan(96, 12, Chord.parse("G7")))
    tracks = (Track("a", "melody", 73, (Note(0, 60, 12),)), Track("b", "bass", 33))
    made = Song.of(Score((Bar(FOUR),) * 4, tracks, chords=spans), model=SteadyModel())
    after = made.regenerate("b")
    assert after.score.chords == spans and after.score.track("b").notes
