"""From a plan to a score with models that have no weights."""

from dataclasses import replace
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_model import MockModel, MockState, Taste, random_plan

from anacrusis.compose.chord import Chord
from anacrusis.compose.decoding.chart import complete
from anacrusis.compose.decoding.compose import CHART_SAMPLING, compose
from anacrusis.compose.decoding.document import Document
from anacrusis.compose.decoding.notes import write_notes
from anacrusis.compose.decoding.opening_key import key_of_chords
from anacrusis.compose.decoding.sampler import Sampling
from anacrusis.compose.errors import PlanError
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import ChordAt, Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Score
from anacrusis.compose.tokens.encode import encode
from anacrusis.compose.tokens.grammar import Grammar
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify

V = vocabulary()
BAND = tuple(TrackPlan.of_role(role) for role in ("melody", "chords", "bass", "drums"))


def bars(*symbols: str) -> tuple[tuple[ChordAt, ...], ...]:
    """One chord to a bar."""
    return tuple((ChordAt(0, Chord.parse(symbol)),) for symbol in symbols)


def song(**changes: object) -> Plan:
    """Eight bars in A minor, with a reprise."""
    plan = Plan(
        sections=(
            SectionPlan("A", 4, bars("Am", "F", "C", "G")),
            SectionPlan("B", 2, bars("Dm7", "E7"), tempo=126.0),
            SectionPlan("A'", 4, reprise="A", key=Key("C", "major")),
        ),
        tracks=BAND,
        key=Key("A", "minor"),
        tempo=92.0,
        pickup=12,
        seed=3,
    )
    return replace(plan, **changes)


def compose_song(plan: Plan, model: MockModel | None = None, **options: object) -> Score:
    return compose(plan, model=model or MockModel(), **options)


# The same again


def test_the_same_plan_and_seed_give_the_same_score():
    score = compose_song(song())
    assert compose_song(song()) == score
    assert any(track.notes for track in score.tracks)


def test_another_seed_gives_another_score():
    first, second = compose_song(song()), compose_song(song().with_seed(4))
    assert [t.notes for t in first.tracks] != [t.notes for t in second.tracks]
    assert first.chords == second.chords


def test_another_sampling_gives_another_score():
    cold = compose_song(song(), sampling=Sampling(0.2, 0.5))
    assert cold.tracks != compose_song(song()).tracks


def test_repeated_notes_weigh_what_is_asked():
    def repeated(role: str, weight: float) -> float:
        plan = song(tracks=(TrackPlan.of_role(role),))
        busy = MockModel(taste=Taste(closing=-30))
        (track,) = compose_song(plan, busy, sampling=Sampling(repeats=weight)).tracks
        struck = [
            {note.pitch for note in notes}
            for _, notes in groupby(track.notes, key=lambda note: note.onset)
        ]
        return float(np.mean([len(a & b) / len(b) for a, b in pairwise(struck)]))

    for role in ("melody", "chords", "bass"):
        assert repeated(role, 0.01) < repeated(role, 1.0) < repeated(role, 100.0)
    assert repeated("drums", 0.01) == repeated("drums", 100.0)


def test_the_seed_also_moves_what_the_model_completes():
    plan = song(sections=(SectionPlan("A", 8),), key=None, tempo=None)
    plans = {compose_song(plan.with_seed(seed)).plan for seed in range(6)}
    assert len({(p.key, p.tempo, p.sections) for p in plans if p is not None}) == 6


# What the plan states


def test_the_score_is_the_skeleton_with_notes():
    plan = song()
    score, skeleton = compose_song(plan), plan.skeleton()
    assert replace(score, tracks=skeleton.tracks) == skeleton
    assert [(t.name, t.role, t.program) for t in score.tracks] == [
        (t.name, t.role, t.program) for t in plan.tracks
    ]
    assert score.plan == plan and score.title == plan.title


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_score_carries_its_completed_plan(seed: int):
    plan = random_plan(np.random.default_rng(seed), 4, complete=seed % 2 == 0)
    score = compose(plan, model=MockModel(seed))
    full = score.plan
    assert full is not None and full.is_complete and not full.open_form
    assert replace(full, key=plan.key, tempo=plan.tempo, sections=plan.sections) == plan
    assert plan.key in (None, full.key) and plan.tempo in (None, full.tempo)
    for stated, section in zip(plan.sections, full.sections, strict=True):
        assert stated.chords in (None, section.chords)
        assert replace(stated, chords=section.chords) == section
    assert verify(score).ok and verify(score, plan).ok


def test_a_reprise_is_the_same_music():
    score = compose_song(song())
    first, last = score.sections[0], score.sections[2]
    begin, again = score.bar_starts[first.bar], score.bar_starts[last.bar]
    length = score.bar_starts[first.bar + first.bars] - begin
    for track in score.tracks:
        model = [n for n in track.notes if begin <= n.onset < begin + length]
        copy = [replace(n, onset=n.onset - again + begin) for n in track.notes if n.onset >= again]
        assert model == copy
        assert model or track.role == "drums"


def test_a_reprise_brings_the_harmony_its_model_began_with():
    """The model begins under a chord that goes on from before; its reprise follows another."""
    held = ((ChordAt(24, Chord.parse("G")),), (ChordAt(0, Chord.parse("C")),))
    plan = Plan(
        sections=(
            SectionPlan("A", 2, bars("F", "Dm")),
            SectionPlan("B", 2, held),
            SectionPlan("C", 1, bars("E7")),
            SectionPlan("B again", 2, reprise="B"),
        ),
        tracks=BAND,
        key=Key(),
        tempo=100.0,
    )
    skeleton = plan.skeleton()
    heard = [str(skeleton.chord_at(tick)) for tick in (96, 120, 144, 192, 240, 264, 288)]
    assert heard == ["Dm", "G", "C", "E7", "Dm", "G", "C"]
    for seed in range(10):
        assert verify(compose(plan.with_seed(seed), model=MockModel(seed))).ok


def test_a_reprise_after_another_chord_keeps_the_bass():
    """No chord changes where B begins, but one does where it comes back."""
    plan = Plan(
        sections=(
            SectionPlan("A", 1, bars("Am")),
            SectionPlan("B", 1, bars("Am")),
            SectionPlan("C", 1, bars("F")),
            SectionPlan("B'", 1, reprise="B"),
        ),
        tracks=(TrackPlan.of_role("bass"),),
        key=Key("A", "minor"),
        tempo=100.0,
    )
    for seed in range(20):
        assert verify(compose(plan.with_seed(seed), model=MockModel(seed))).ok


def test_a_suspension_in_the_first_bar_does_not_look_past_a_short_section():
    chords = ((ChordAt(0, Chord("G", "sus4(b7,9,13)")), ChordAt(1, Chord("G", "aug"))),)
    for seed in range(20):
        plan = song(
            sections=(SectionPlan("A", 1, chords), SectionPlan("A'", 1, reprise="A")),
            meter=Meter(1, 16),
            pickup=0,
        )
        assert verify(compose_song(plan, MockModel(seed))).ok


@pytest.mark.parametrize("swing", [0.5, 0.6, 2 / 3, 0.75])
def test_swing_changes_no_note(swing: float):
    score = compose_song(song(swing=swing))
    assert score.swing == swing
    assert score.tracks == compose_song(song()).tracks
    assert verify(score).ok


def test_progress_is_told_bar_by_bar():
    told: list[tuple[int, int]] = []
    score = compose_song(song(), progress=lambda done, count: told.append((done, count)))
    assert told == [(bar + 1, len(score.bars)) for bar in range(len(score.bars))]


def test_an_incomplete_plan_is_refused_by_the_writer_of_notes():
    plan = song(tempo=None)
    with pytest.raises(PlanError, match="leaves its key, tempo or chords open"):
        write_notes(plan, MockModel(), Sampling(), np.random.default_rng(0))


# What the model completes


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 16, 23])
def test_an_open_form_is_divided_into_sections(count: int):
    for seed in range(6):
        plan = Plan((SectionPlan("song", count),), BAND, open_form=True, seed=seed)
        rng = np.random.default_rng(seed)
        full = complete(plan, MockModel(seed), CHART_SAMPLING, rng)
        assert full.bars == count and full.is_complete and not full.open_form
        begins = np.cumsum([0, *(section.bars for section in full.sections)])
        assert all(begin % 4 == 0 for begin in begins[:-1])
        assert full.sections[-1].bars >= min(count, 4)
        assert len({section.name for section in full.sections}) == len(full.sections)
        final = full.sections[-1].chords
        assert full.key is not None and final is not None
        assert final[-1][0].chord.root_class == full.key.tonic_class
        assert len(final[-1]) == 1
        third = 3 if full.key.mode == "minor" else 4
        assert (full.key.tonic_class + third) % 12 in final[-1][0].chord.classes


def test_equal_sections_of_an_open_form_become_reprises():
    found = 0
    for seed in range(30):
        plan = Plan((SectionPlan("song", 16),), BAND, open_form=True, seed=seed)
        score = compose(plan, model=SectionModel(seed))
        assert score.plan is not None
        found += sum(section.reprise is not None for section in score.plan.sections)
        assert verify(score).ok
    assert found


class SectionModel(MockModel):
    """Calls every section a verse."""

    def start(self) -> MockState:
        state = super().start()
        state._base[V.id("Section", "verse")] += 20
        return state


def test_chords_are_written_where_they_are_open():
    plan = song(sections=(SectionPlan("A", 3), SectionPlan("B", 2, bars("Dm7", "E7"))))
    full = compose_song(plan).plan
    assert full is not None and full.key == plan.key
    opened, stated = full.sections
    assert stated.chords == bars("Dm7", "E7")
    assert opened.chords is not None and all(row[0].tick == 0 for row in opened.chords)
    for row in opened.chords:
        assert {at.tick for at in row} <= set(Meter(4, 4).beats)
        assert all(not at.chord.is_none for at in row)


def test_the_last_chord_is_the_tonic_of_the_key_that_holds_there():
    plan = song(
        sections=(SectionPlan("A", 2), SectionPlan("B", 2, key=Key("D", "major"))),
    )
    full = compose_song(plan).plan
    assert full is not None and full.sections[-1].chords is not None
    assert full.sections[-1].chords[-1] == (ChordAt(0, Chord("D")),)


def test_a_reprise_of_open_chords_takes_them_over():
    plan = song(
        sections=(
            SectionPlan("A", 2),
            SectionPlan("B", 2, bars("F", "G")),
            SectionPlan("A'", 2, reprise="A"),
            SectionPlan("end", 1, bars("Am")),
        ),
        pickup=0,
    )
    model = MockModel()
    score = compose(plan, model=model)
    spans = [score.chord_at(tick) for tick in range(0, 96)]
    assert spans == [score.chord_at(tick) for tick in range(192, 288)]
    chart = [V.name(token) for token in model.states[0].tokens]
    at = [i for i, name in enumerate(chart) if name == "Bar_None"]
    rows = [
        [name for name in chart[begin:end] if name.startswith(("Chord", "Position"))]
        for begin, end in zip(at, [*at[1:], len(chart)], strict=True)
    ]
    assert rows[4:6] == rows[0:2], "the model sees them again"


def test_a_stated_tempo_and_key_stay_and_open_ones_are_chosen():
    plan = song(sections=(SectionPlan("A", 4, tempo=76.0, key=Key("D", "dorian")),))
    full = compose_song(replace(plan, key=None, tempo=None)).plan
    assert full is not None and (full.tempo, full.key) == (76.0, Key("D", "dorian"))
    full = compose_song(song(key=None, tempo=None)).plan
    assert full is not None and full.tempo is not None and 60 < full.tempo < 140
    assert full.key == Key("A", "minor"), "read off the chords"


def test_the_chart_is_a_document_of_the_grammar():
    plan = song(
        sections=(
            SectionPlan("verse", 2, key=Key("G"), tempo=80.0),
            SectionPlan("B", 2, ((ChordAt(24, Chord.parse("D/F#")),), ())),
            SectionPlan("C", 2, key=Key("E", "minor"), meter=Meter(3, 4), tempo=101.0),
        )
    )
    model = MockModel()
    complete(plan, model, CHART_SAMPLING, np.random.default_rng(0))
    grammar = Grammar()
    for token in model.states[0].tokens:
        assert grammar.allowed()[token], (V.name(token), grammar)
        grammar.step(token)
    names = [V.name(token) for token in model.states[0].tokens]
    assert names[:9] == [
        "BOS_None", "Style_chart", "Plan_None", "Bar_None", "Ahead_None", "Section_verse",
        "KeyTonic_7", "KeyMode_major", "Tempo_80.0",
    ]  # fmt: skip
    assert names.count("Tempo_100.0") == 1 and names.count("TimeSig_3/4") == 2
    row = names[names.index("Section_B") :][:12]
    assert row[2] == "Position_0", "the chord that goes on is told again"
    assert row[1] == "TimeSig_4/4" and "ChordBass_6" in row


def test_a_chart_longer_than_the_context():
    plan = Plan((SectionPlan("A", 60),), (BAND[0],), seed=1)
    model = MockModel(context=64)
    full = complete(plan, model, CHART_SAMPLING, np.random.default_rng(1))
    assert full.is_complete and full.bars == 60
    assert len(model.states) > 5
    for state in model.states:
        types = [V.type(token) for token in state.tokens]
        assert types[:3] == ["BOS", "Style", "Plan"]
        assert state.ticks == sorted(state.ticks)
        grammar = Grammar()
        for token in state.tokens:
            assert grammar.allowed()[token], (V.name(token), grammar)
            grammar.step(token)
        assert types.index("KeyTonic") < types.index("ChordRoot"), (
            "a plan without chords names none"
        )
        first_bar = types[: types.index("Bar", types.index("Bar") + 1)]
        assert "KeyTonic" in first_bar


# Longer than the context

_ATTRIBUTES = np.flatnonzero(V.mask("NoteDensity", "Register", "Polyphony"))


def plain(tokens: list[int], ticks: list[int]) -> list[tuple[int, int]]:
    """Tokens with ticks, without the attributes of tracks."""
    kept = [(t, int(tick)) for t, tick in zip(tokens, ticks, strict=True)]
    return [row for row in kept if row[0] not in _ATTRIBUTES]


@pytest.mark.parametrize(("context", "tracks"), [(10**6, 4), (1024, 4), (300, 3), (200, 2)])
def test_the_model_sees_the_window_as_if_it_were_freshly_encoded(context: int, tracks: int):
    long = (random_plan(np.random.default_rng((context, i)), 24) for i in range(100))
    plan = next(plan for plan in long if plan.bars > 20 and plan.pickup)
    plan = replace(plan, tracks=BAND[:tracks], swing=0.6)
    model = MockModel(1, Taste(closing=4.5), context)
    score = compose(plan, model=model)
    assert verify(score).ok
    starts = []
    for number, state in enumerate(model.states):
        seen = plain(state.tokens, state.ticks)
        windows = (
            (start, plain(fresh.ids.tolist(), fresh.ticks.tolist()))
            for start in range(starts[-1] + 1 if starts else 0, len(score.bars))
            for fresh in [encode(score, plan.style, start=start)]
        )
        start, fresh = next(w for w in windows if w[1][: len(seen)] == seen)
        starts.append(start)
        if number + 1 == len(model.states):
            assert [row[0] for row in fresh[len(seen) :]] == [V.id("EOS")]
    assert starts[0] == 0
    assert (len(starts) > 3) == (context < 1000)


def test_a_bar_fuller_than_the_context(monkeypatch: pytest.MonkeyPatch):
    forgotten = []
    oldest = Document._oldest
    monkeypatch.setattr(
        Document, "_oldest", lambda self, n: forgotten.append(oldest(self, n)) or forgotten[-1]
    )
    plan = song(tracks=tuple(replace(t, polyphony=8) for t in BAND[:2]))
    model = MockModel(2, Taste(closing=-30, thick=5, long=-3), 160)
    score = compose(plan, model=model)
    assert verify(score).ok
    assert max(forgotten, default=0) > 0
    for state in model.states[1:]:
        types = [V.type(token) for token in state.tokens]
        now = types.index("Now")
        assert types[: now + 2].count("Bar") == 1
        after = types[now + 1 :][:2]
        assert after == ["Track", "Position"][: len(after)]
        grammar = Grammar()
        for token in state.tokens[: now + 3]:
            assert grammar.allowed()[token]
            grammar.step(token)


# Keys


@pytest.mark.parametrize(
    ("symbols", "key"),
    [
        ("C F G C", "C"),
        ("Am F C G", "Am"),
        ("C G Am F", "C"),
        ("Am G F E7", "Am"),
        ("Am Dm E7 Am", "Am"),
        ("D A Bm G", "D"),
        ("Em C G D", "Em"),
        ("G D Em C", "G"),
        ("Dm7 G7 Cmaj7", "C"),
        ("Cm7 F7 Bbmaj7 Ebmaj7 Am7b5 D7 Gm", "Gm"),
        ("Bb Eb F7 Bb", "Bb"),
        ("F#m D A E", "F#m"),
        ("E A B7 E", "E"),
        ("Cm Ab Eb Bb", "Cm"),
        ("Db Bbm Gb Ab7", "Db"),
        ("Bm7b5 E7 Am", "Am"),
        ("G7 G7 C7 G7 D7 C7 G7", "G"),
        ("F Dm Gm C7 F", "F"),
    ],
)
def test_key_of_known_progressions(symbols: str, key: str):
    rows = bars(*symbols.split())
    plan = Plan((SectionPlan("A", len(rows), rows),), BAND)
    assert key_of_chords(plan) == Key.parse(key)


def test_no_chords_have_no_key():
    assert key_of_chords(Plan((SectionPlan("A", 2),), BAND)) is None
    plan = Plan((SectionPlan("A", 2, bars("N.C.", "N.C.")),), BAND)
    assert key_of_chords(plan) is None
    assert compose_song(plan).plan.key is not None
