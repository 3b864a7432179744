"""The verifier on a whole song, right and with each rule broken.

Ticks: 12 a quarter note, so a bar of 4/4 has 48, with strong beats at 0 and 24.
"""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import plans, scores
from verify_scores import FOUR, A, B, C, D, E, F, G, lane, rules, two_bars

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.progression import parse_progression
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
from anacrusis.compose.verify import report_json, report_text, verify

# A whole song: pickup, verse, chorus with a suspension, verse again note for note.

PLAN = Plan(
    sections=(
        SectionPlan("verse", 2, parse_progression("C | F G", 2, FOUR)),
        SectionPlan("chorus", 2, parse_progression("Am G/B", 2, FOUR), Key("A", "minor"), tempo=90),
        SectionPlan("verse again", 2, reprise="verse", key=Key("C"), tempo=100),
    ),
    tracks=(
        TrackPlan("tune", "melody", 73, 60, 84, 1),
        TrackPlan("piano", "chords", 0, 48, 76, 3),
        TrackPlan("bass", "bass", 33, 28, 55, 1),
        TrackPlan("kit", "drums", -1, 35, 59, 2, rest=0),
    ),
    key=Key("C"),
    tempo=100,
    pickup=12,
    swing=0.6,
)


def played(*notes):
    """Notes from (onset, pitch, duration)."""
    return tuple(Note(o, p, d, 80) for o, p, d in notes)


def song():
    verse_tune = [(12, E, 12), (24, F, 6), (30, G, 30), (60, A, 24), (84, B, 24)]
    verse_piano = [(12, C, 48), (12, E, 48), (60, F, 24), (60, C, 24), (84, D, 24), (84, G, 24)]
    verse_bass = [(12, 36, 48), (60, 41, 24), (84, 43, 24)]
    verse_kit = [(12, 36, 3), (18, 42, 3), (36, 38, 3), (60, 36, 3), (84, 38, 3)]
    again = [[(o + 192, p, d) for o, p, d in part]
             for part in (verse_tune, verse_piano, verse_bass, verse_kit)]  # fmt: skip
    tune = [(0, G, 12), *verse_tune, (108, 72, 12), (120, B, 6), (126, A, 42), (168, G, 36)]
    piano = [*verse_piano, (108, C, 48), (108, E, 48), (156, D, 48), (156, G, 48)]
    bass = [*verse_bass, (108, 45, 48), (156, 47, 48)]
    kit = [*verse_kit, (108, 36, 3), (108, 42, 3), (156, 36, 3)]
    names = [("tune", "melody", 73), ("piano", "chords", 0), ("bass", "bass", 33),
             ("kit", "drums", -1)]  # fmt: skip
    chords = [(12, 48, "C"), (60, 24, "F"), (84, 24, "G"), (108, 48, "Am"), (156, 48, "G/B"),
              (204, 48, "C"), (252, 24, "F"), (276, 24, "G")]  # fmt: skip
    return Score(
        bars=(Bar(FOUR, 12), *[Bar(FOUR)] * 6),
        tracks=tuple(
            Track(name, role, program, played(*part, *more))
            for (name, role, program), part, more in zip(
                names, (tune, piano, bass, kit), again, strict=True
            )
        ),
        tempos=(TempoChange(0, 100.0), TempoChange(108, 90.0), TempoChange(204, 100.0)),
        keys=(KeyChange(0, Key("C")), KeyChange(108, Key("A", "minor")), KeyChange(204, Key("C"))),
        sections=(Section("verse", 1, 2), Section("chorus", 3, 2), Section("verse again", 5, 2)),
        chords=tuple(ChordSpan(t, d, Chord.parse(s)) for t, d, s in chords),
        swing=0.6,
        plan=PLAN,
    )


def test_a_right_song_has_no_violation():
    report = verify(song())
    assert report.violations == ()
    assert report.ok
    assert report.non_chord_tones == {"passing": 3, "suspension": 1}
    assert report.coverage == 1.0
    assert verify(replace(song(), plan=None), PLAN).ok
    assert verify(replace(song(), plan=None)).ok


def with_track(index, **changes):
    score = song()
    tracks = list(score.tracks)
    tracks[index] = replace(tracks[index], **changes)
    return replace(score, tracks=tuple(tracks))


def with_note(index, note, **changes):
    """The song with one note of a track altered, or taken out."""
    notes = list(song().tracks[index].notes)
    if changes:
        notes[note] = replace(notes[note], **changes)
    else:
        del notes[note]
    return with_track(index, notes=tuple(notes))


def more_notes(index, *notes):
    return with_track(index, notes=(*song().tracks[index].notes, *played(*notes)))


def with_bar(index, bar):
    bars = list(song().bars)
    bars[index] = bar
    return replace(song(), bars=tuple(bars), chords=song().chords[:-1])


def with_chord(index, span):
    chords = list(song().chords)
    chords[index] = span
    return replace(song(), chords=tuple(chord for chord in chords if chord is not None))


def silent_bar():
    tracks = [
        replace(t, notes=tuple(n for n in t.notes if not 156 <= n.end - 1 < 204))
        for t in song().tracks
    ]
    return replace(song(), tracks=tuple(tracks))


CORRUPTIONS = {
    "a bar more": (lambda: replace(song(), bars=(*song().bars, Bar(FOUR))), "bars", 7, None),
    "a bar shorter": (lambda: with_bar(6, Bar(FOUR, 47)), "meter", 6, None),
    "another meter": (lambda: with_bar(2, Bar(Meter(2, 2))), "meter", 2, None),
    "a shorter pickup": (lambda: with_bar(0, Bar(FOUR, 11)), "pickup", 0, None),
    "another tempo": (lambda: replace(song(), tempos=(TempoChange(0, 101.0),)), "tempo", 0, None),
    "a tempo change of its own": (
        lambda: replace(song(), tempos=(*song().tempos, TempoChange(60, 90.0))), "tempo", 2, None),
    "no key": (lambda: replace(song(), keys=()), "key", 0, None),
    "another key": (
        lambda: replace(song(), keys=(*song().keys, KeyChange(60, Key("F")))), "key", 2, None),
    "a section of another name": (
        lambda: replace(song(), sections=(Section("vers", 1, 2), *song().sections[1:])),
        "sections", 1, None),
    "a section less": (lambda: replace(song(), sections=song().sections[:2]), "sections", 0, None),
    "a section a bar later": (
        lambda: replace(song(), sections=(Section("verse", 2, 1), *song().sections[1:])),
        "sections", 2, None),
    "another chord": (lambda: with_chord(3, ChordSpan(108, 48, Chord.parse("Am7"))), "chords", 3,
                      None),
    "a chord too late": (lambda: with_chord(3, ChordSpan(120, 36, Chord.parse("Am"))), "chords", 3,
                         None),
    "a chord missing": (lambda: with_chord(7, None), "chords", 6, None),
    "a track missing": (lambda: replace(song(), tracks=song().tracks[:3]), "tracks", 0, None),
    "tracks in another order": (
        lambda: replace(song(), tracks=song().tracks[::-1]), "tracks", 0, None),
    "another instrument": (lambda: with_track(0, program=74), "tracks", 0, None),
    "another role": (lambda: with_track(0, role="counter"), "tracks", 0, None),
    "a note past the end": (lambda: with_note(0, -1, duration=25), "inside", 6, "tune"),
    "a note held over its section": (lambda: with_note(1, 4, duration=25), "section", 2, "piano"),
    "a note too low": (lambda: with_note(0, -1, pitch=59), "range", 6, "tune"),
    "a note too high": (lambda: with_note(1, 8, pitch=77), "range", 4, "piano"),
    "two notes in one voice": (lambda: more_notes(0, (108, 76, 12)), "polyphony", 3, "tune"),
    "four notes in the piano": (
        lambda: more_notes(1, (108, A, 48), (120, C + 12, 12)), "polyphony", 3, "piano"),
    "three hits at once": (lambda: more_notes(3, (108, 49, 3)), "polyphony", 3, "kit"),
    "one pitch twice": (lambda: more_notes(1, (120, E, 6)), "overlap", 3, "piano"),
    "a drum that is none": (lambda: with_note(3, 5, pitch=26), "drums", 3, "kit"),
    "a silent bar": (silent_bar, "silence", 4, None),
    "a rest that is too long": (silent_bar, "rest", 4, "kit"),
    "a foreign note on a strong beat": (lambda: with_note(0, 6, pitch=71), "strong", 3, "tune"),
    "a foreign note that leaps": (
        lambda: with_note(0, 2, pitch=66 - 5), "non-chord tone", 1, "tune"),
    "a suspension that does not resolve": (lambda: with_note(0, 9, pitch=62), "held", 4, "tune"),
    "another bass note": (lambda: with_note(2, 4, pitch=43), "bass", 4, "bass"),
    "another note in the reprise": (lambda: with_note(0, -1, pitch=67), "reprise", 6, "tune"),
    "a note missing in the reprise": (lambda: with_note(3, -1), "reprise", 6, "kit"),
    "a softer note in the reprise": (lambda: with_note(1, -1, velocity=79), "reprise", 6, "piano"),
    "a note more in the model": (lambda: more_notes(3, (15, 51, 3)), "reprise", 5, "kit"),
    "another swing": (lambda: replace(song(), swing=0.62), "swing", 0, None),
    "no swing": (lambda: replace(song(), swing=0.5), "swing", 0, None),
    "an eighth that does not swing": (lambda: with_note(0, 8, shift=-1.0), "swing", 3, "tune"),
    "a beat that swings": (lambda: with_note(0, 6, shift=1.2), "swing", 3, "tune"),
    "two notes in one voice as played": (
        lambda: with_note(0, 6, shift=1.2), "polyphony", 3, "tune"),
}  # fmt: skip


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_is_reported(name):
    corrupt, rule, bar, track = CORRUPTIONS[name]
    report = verify(corrupt())
    assert not report.ok
    found = {(v.rule, v.bar, v.track) for v in report.violations}
    assert (rule, bar, track) in found, found
    assert rule in report_text(report)


def test_every_rule_is_corrupted_once():
    elsewhere = {"lane", "length", "variation"}
    stated = {rule for _, rule, _, _ in CORRUPTIONS.values()} | elsewhere
    listed = (
        verify.__doc__.split("Rules: ")[1].split("Raises")[0].replace("``", "|").split("|")[1::2]
    )
    assert stated == set(listed)


def test_places_are_counted_as_people_count():
    report = verify(more_notes(1, (114, 61, 18)))
    violation = next(v for v in report.violations if v.rule == "non-chord tone")
    assert (violation.bar, violation.beat, violation.track) == (3, 1.5, "piano")
    assert violation.notes == played((114, 61, 18))
    assert "bar 3, beat 1.5, piano: non-chord tone: C#4" in report_text(report)
    whole = two_bars("0 C", (48, F, 12), (60, E, 12))
    assert [(v.bar, v.beat) for v in verify(whole).violations] == [(2, 1.0)]


def test_reports():
    right, wrong = verify(song()), verify(with_note(0, -1, pitch=59))
    assert report_text(right).startswith("every rule is kept: 6 bars and a pickup, ")
    data = json.loads(report_json(wrong))
    assert data["ok"] is False
    assert {v["rule"] for v in data["violations"]} == {v.rule for v in wrong.violations}
    assert data["violations"][0]["notes"][0]["pitch"] == 59
    assert f"and {len(wrong.violations) - 1} more" in report_text(wrong, limit=1)
    assert json.loads(report_json(right))["violations"] == []


def test_what_a_plan_leaves_open_is_not_checked():
    open_plan = replace(
        PLAN,
        sections=(SectionPlan("A", 6),),
        key=None,
        tempo=None,
        open_form=True,
    )
    assert verify(song(), open_plan).ok
    assert rules(song(), replace(open_plan, open_form=False))[0] == "sections"


def test_harmony_that_the_model_wrote_comes_back_too():
    sections = (SectionPlan("a", 1), SectionPlan("b", 1, reprise="a"))
    plan = Plan(sections, (TrackPlan.of_role("melody", "line"),))
    score = replace(two_bars("0 C, 48 C", (0, C, 48), (48, C, 48)), plan=plan)
    line = Track("line", "melody", 73, score.tracks[0].notes)
    score = replace(score, tracks=(line,), sections=(Section("a", 0, 1), Section("b", 1, 1)))
    assert rules(score) == []
    other = replace(score, chords=lane("0 C, 48 Am"))
    assert rules(other) == ["reprise"]


def test_chords_hold_over_bars_and_sections():
    groups = ((ChordAt(0, Chord("C")),), ())
    plan = Plan(
        (SectionPlan("a", 2, groups), SectionPlan("b", 1, ((ChordAt(24, Chord("G")),),))),
        (TrackPlan.of_role("pad", "line"),),
    )
    notes = tuple(Note(bar * 48, 60, 24) for bar in range(3))
    score = Score(
        (Bar(FOUR),) * 3,
        (Track("line", "pad", 48, notes),),
        sections=(Section("a", 0, 2), Section("b", 2, 1)),
        chords=(ChordSpan(0, 120, Chord("C")), ChordSpan(120, 24, Chord("G"))),
    )
    assert rules(score, plan) == []
    assert rules(replace(score, chords=score.chords[:1]), plan) == ["chords"]


def test_one_wrong_tempo_and_key_among_very_many():
    bars = 2000
    plan = Plan(
        tuple(SectionPlan(f"s{bar}", 1, tempo=100.0, key=Key("C")) for bar in range(bars)),
        (TrackPlan.of_role("pad", "line"),),
    )
    ticks = range(bars * FOUR.ticks)
    tempos = [TempoChange(tick, 100.0) for tick in ticks]
    keys = [KeyChange(tick, Key("C")) for tick in ticks]
    tempos[50_000] = TempoChange(50_000, 90.0)
    keys[60_000] = KeyChange(60_000, Key("F"))
    score = replace(plan.skeleton(), tempos=tuple(tempos), keys=tuple(keys))
    found = [(v.rule, v.bar) for v in verify(score, plan).violations]
    assert [row for row in found if row[0] not in ("silence", "rest")] == [
        ("tempo", 50_000 // 48 + 1), ("key", 60_000 // 48 + 1),
    ]  # fmt: skip


@settings(max_examples=60)
@given(plans())
def test_an_empty_score_of_a_plan_is_only_silent(plan):
    found = Counter(violation.rule for violation in verify(plan.skeleton()).violations)
    assert found.pop("silence") == plan.bars
    # Where nothing sounds, nothing is varied; what is left to the model is not chosen yet.
    assert found.pop("variation", 0) == sum(
        section.vary is not None and section.change[0] > 0 for section in plan.sections
    )
    is_open = {
        "rest": True,
        "length": plan.length is not None and plan.tempo is None,
        "chords": any(at.others for s in plan.sections for bar in s.chords or () for at in bar),
    }
    assert set(found) <= {rule for rule, may_be in is_open.items() if may_be}


@settings(max_examples=40)
@given(scores(with_plan=True), st.none() | plans())
def test_any_score_gets_a_report(score, plan):
    report = verify(score, plan)
    assert report.ok == (not report.violations)
    assert 0 <= report.coverage <= 1
    assert json.loads(report_json(report))["notes"] == report.notes
    assert report_text(report)
