"""Plans as YAML: what is read, where errors point, and that nothing changes on the way back."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import plans

from anacrusis.compose.errors import AnacrusisError, FileFormatError, PlanError
from anacrusis.compose.instruments import DRUM_KIT
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.plan_file import (
    PLAN_KEYS,
    SECTION_KEYS,
    TRACK_KEYS,
    example_plan,
    parse_plan,
    plan_text,
    read_plan,
    write_plan,
)
from anacrusis.compose.yaml_nodes import MAX_BYTES


def symbols(section):
    return [str(at.chord) for bar in section.chords for at in bar]


def test_the_example_is_a_song_of_32_bars():
    plan = parse_plan(example_plan())
    assert plan.bars == 32
    assert [(s.name, s.bars, s.reprise) for s in plan.sections] == [
        ("intro", 4, None), ("verse", 8, None), ("chorus", 4, None), ("verse 2", 8, None),
        ("chorus again", 4, "chorus"), ("ending", 4, None),
    ]  # fmt: skip
    assert [(t.name, t.role) for t in plan.tracks] == [
        ("melody", "melody"), ("piano", "chords"), ("bass", "bass"), ("drums", "drums"),
    ]  # fmt: skip
    assert plan.is_complete
    assert symbols(plan.section("chorus")) == ["F", "G", "C", "Dm", "E7"]
    assert plan.pickup == 12
    for key in {*PLAN_KEYS, *SECTION_KEYS, *TRACK_KEYS}:
        assert f"{key}:" in example_plan(), key


@given(plans())
def test_round_trip(plan):
    assert parse_plan(plan_text(plan)) == plan


@pytest.mark.parametrize(
    "title", ["", " ", "yes", "null", "~", "1:30", "# one", "a: b", "'", '"', "é ♯ 𝄞",
              "- a", "\u3000", "=", "<<", "!x", "&y", "*z", "x #y", "a" * 1000],
)  # fmt: skip
def test_any_title_reads_back(title):
    plan = Plan((SectionPlan(title, 1),), (TrackPlan.of_role("bass", title),), title)
    assert parse_plan(plan_text(plan)) == plan


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('title: "a\\x01"', "plan:1:8: title: title"),
        ('title: "a\\nb"', "plan:1:8: title: title"),
        ('sections:\n  - name: "a\\x1b[2J"\n    bars: 1', "plan:2:11: sections[1].name: section"),
        ('sections:\n  - "a\\x07": 4', "plan:2:5: sections[1].a"),
        ('tracks:\n  - name: "a\\uFFFE"\n    role: bass', "plan:2:11: tracks[1].name: track"),
        ('tracks:\n  - "a\\x85": flute', "plan:2:14: tracks[1].a"),
    ],
)
def test_control_characters_in_names_are_refused(text, where):
    with pytest.raises(PlanError, match="holds control characters") as caught:
        parse_plan(text)
    assert str(caught.value).startswith(where), str(caught.value)


def test_the_line_end_of_a_block_is_no_part_of_the_title():
    assert parse_plan("title: |\n  One\ntracks: [bass]").title == "One"


@pytest.mark.parametrize(
    "tracks",
    [
        "- name: lead\n- name: lead\n  role: bass",
        "- lead: flute\n- lead: cello",
        "- violin\n- name: violin\n  role: counter",
        "- violin: {role: melody}\n- violin",
        "- instrument: violin\n- instrument: violin\n- name: violin\n  role: bass",
    ],
)
def test_a_name_that_is_stated_stands_once(tracks):
    with pytest.raises(PlanError, match=r"is called '\w+' already \(line 2\)") as caught:
        parse_plan("tracks:\n" + tracks)
    assert re.match(r"plan:[345]:\d+: ", str(caught.value))


def test_names_that_are_not_stated_are_numbered():
    plan = parse_plan("tracks:\n- violin\n- instrument: violin\n  role: counter\n- viola")
    assert [track.name for track in plan.tracks] == ["violin 1", "violin 2", "viola"]


def test_titles_too_long_to_read_are_not_written():
    plan = Plan((SectionPlan("A", 1),), (TrackPlan.of_role("bass"),), "a" * 1001)
    with pytest.raises(PlanError, match="1001 characters"):
        plan_text(plan)


def test_files(tmp_path):
    plan = parse_plan(example_plan())
    path = tmp_path / "song.yaml"
    write_plan(plan, path)
    assert read_plan(path) == plan
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_plan(path) == plan
    assert [entry.name for entry in tmp_path.iterdir()] == ["song.yaml"]


def test_files_that_are_no_plans(tmp_path):
    missing, folder, binary, huge = (tmp_path / name for name in "mfbh")
    folder.mkdir()
    binary.write_bytes(b"title: \xff\xfe")
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    for path, said in ((missing, "does not exist"), (folder, "is not a file"),
                       (binary, "not UTF-8"), (huge, "over 1000 kB")):  # fmt: skip
        with pytest.raises(FileFormatError, match=said) as caught:
            read_plan(path)
        assert str(path) in str(caught.value)
    with pytest.raises(FileFormatError, match="cannot write"):
        write_plan(parse_plan("bars: 4"), binary / "x.yaml")


def test_everything_may_be_left_out():
    plan = parse_plan("title: Nothing\n")
    assert (plan.bars, plan.key, plan.tempo, plan.meter) == (16, None, None, Meter(4, 4))
    assert plan.open_form
    assert [t.name for t in plan.tracks] == ["melody", "piano", "bass", "drums"]
    assert parse_plan("title: Nothing\nkey:\ntempo: null\nchords: ~\nsections:\n") == plan


def test_form():
    assert parse_plan("bars: 24").open_form
    assert not parse_plan("bars: 24\nform: given").open_form
    assert not parse_plan("chords: C F").open_form
    assert not parse_plan("sections: {a: 8}").open_form
    assert parse_plan("sections: {a: 8}\nform: open").open_form
    for text in ("form: open\nchords: C", "form: open\nsections: {a: 4, b: 4}", "form: round"):
        with pytest.raises(PlanError, match="form"):
            parse_plan(text)


def test_yaml_traps():
    plan = parse_plan(
        "title: yes\nmeter: 6/8\nkey: b\ntempo: 92.5\nseed: 0017\nswing: 0.50\npickup: 1/8\n"
        "sections: {no: 4, 'null': 2, 08: 1}\ntracks: [piano]\n"
    )
    assert (plan.title, plan.meter, plan.key) == ("yes", Meter(6, 8), Key("B", "minor"))
    assert (plan.tempo, plan.seed, plan.swing, plan.pickup) == (92.5, 17, 0.5, 6)
    assert [s.name for s in plan.sections] == ["no", "null", "08"]


def test_chords_for_one_section():
    assert parse_plan("chords: C F G").bars == 18
    assert symbols(parse_plan("bars: 3\nchords: [C, F G, 'Am . . .']").sections[0]) == [
        "C", "F", "G", "Am",
    ]  # fmt: skip
    plan = parse_plan("bars: 4\nchords: {2: Am, 4: F G}")
    assert [len(bar) for bar in plan.sections[0].chords] == [0, 1, 0, 2]
    folded = parse_plan('bars: 4\nchords: "Am | F |\n  C | G"')
    block = parse_plan("bars: 4\nchords: |\n  | Am | F |\n  | C | G |")
    assert folded == block == parse_plan("bars: 4\nchords: Am F C G")


def test_sections_in_short_and_long():
    text = """
key: C
chords: I IV
sections:
  - intro: 2
  - verse: {bars: 4, key: G}
  - {name: bridge, bars: 2, meter: 3/4, tempo: 80, chords: "vi | ii V7/V V7"}
  - {name: end, reprise: bridge}
"""
    plan = parse_plan(text)
    assert [symbols(s) for s in plan.sections[:3]] == [
        ["C", "F"], ["G", "C", "G", "C"], ["Em", "Am", "A7", "D7"],
    ]  # fmt: skip
    assert plan.sections[2].meter == Meter(3, 4)
    assert (plan.sections[3].bars, plan.sections[3].chords) == (2, None)
    mapped = parse_plan("sections:\n  intro: 2\n  verse:\n    bars: 4\n    tempo: 90")
    assert [(s.name, s.bars, s.tempo) for s in mapped.sections] == [
        ("intro", 2, None), ("verse", 4, 90),
    ]  # fmt: skip
    names = parse_plan("sections:\n  - chorus: 8\n  - bass: 4\n  - chorus: 8")
    assert [s.name for s in names.sections] == ["chorus", "bass", "chorus"]


def test_tracks_in_short_and_long():
    text = """
tracks:
  - melody
  - cello
  - {name: lead, role: counter, instrument: 73, range: C3-G5, density: low, register: 7}
  - {instrument: clean guitar, polyphony: 3}
  - {role: bass, range: "28 - 50"}
  - {name: pad, density: high}
  - harp: {role: arpeggio}
  - organ: church organ
  - drums
"""
    tracks = {t.name: t for t in parse_plan(text).tracks}
    assert list(tracks) == [
        "melody", "cello", "lead", "clean guitar", "bass", "pad", "harp", "organ", "drums",
    ]  # fmt: skip
    lead = tracks["lead"]
    assert (lead.role, lead.program, lead.low, lead.high) == ("counter", 73, 48, 79)
    assert (lead.density, lead.register) == (1, 7)
    assert (tracks["clean guitar"].role, tracks["clean guitar"].polyphony) == ("chords", 3)
    assert (tracks["bass"].low, tracks["bass"].high) == (28, 50)
    assert (tracks["pad"].role, tracks["pad"].density) == ("pad", 6)
    assert (tracks["harp"].role, tracks["harp"].program) == ("arpeggio", 24)
    assert tracks["organ"].program == 19
    assert tracks["drums"].program == DRUM_KIT
    twice = parse_plan("tracks: violin, violin, viola, cello").tracks
    assert [t.name for t in twice] == ["violin 1", "violin 2", "viola", "cello"]


ERRORS = [
    ("", "p.yaml:1:1: the plan is empty"),
    ("# nothing", "p.yaml:1:1: the plan is empty"),
    ("- a", "p.yaml:1:1: a list stands here"),
    ("song", "p.yaml:1:1: a single value stands here"),
    ("title: [a, b]", "p.yaml:1:8: title: a list stands here"),
    ("titel: x", "p.yaml:1:1: titel: 'titel' is not known here; did you mean title? allowed:"),
    ("bars: 4\n\nbars: 5", "p.yaml:3:1: bars: 'bars' is given twice (first on line 1)"),
    ("key: N", "p.yaml:1:6: key: key 'N' cannot be read"),
    ("key: false", "p.yaml:1:6: key: key 'false'"),
    ("meter: 4:4", "p.yaml:1:8: meter: meter '4:4' cannot be read"),
    ("meter: 4/3", "p.yaml:1:8: meter: meter 4/3 is not supported"),
    ("tempo: 0", "p.yaml:1:8: tempo: '0' cannot be taken; allowed: a number from 20 to 400"),
    ("tempo: 1e2", "p.yaml:1:8: tempo: '1e2'"),
    ("tempo: nan", "p.yaml:1:8: tempo: 'nan'"),
    ("bars: 0", "p.yaml:1:7: bars: '0' cannot be taken; allowed: a whole number from 1 to 2000"),
    ("bars: 4.5", "p.yaml:1:7: bars: '4.5'"),
    ("seed: -1", "p.yaml:1:7: seed: '-1'"),
    ("style: rok", "p.yaml:1:8: style: style 'rok' is unknown"),
    ("style: Hymns", "did you mean hymn? allowed: game"),
    ("swing: 0.8", "p.yaml:1:8: swing: '0.8'"),
    ("pickup: 4", "p.yaml:1:9: pickup: pickup '4' does not fit"),
    ("bars: 2\nchords: Am F Xq", "p.yaml:2:9: chords: the chords fill 3 bars"),
    ("chords: Am F Xq", "p.yaml:1:9: chords: bar 3: chord 'Xq' cannot be read"),
    ("chords: ii V", "p.yaml:1:9: chords: bar 1: the Roman numeral 'ii' needs a key"),
    ("bars: 4\nchords: {5: Am}", "p.yaml:2:13: chords.5: chord in a bar that does not exist"),
    ("bars: 4\nchords: {two: Am}", "p.yaml:2:10: chords.two: 'two' is not a bar number"),
    ("sections: 4", "p.yaml:1:11: sections: a single value stands here"),
    ("sections: []", "p.yaml:1:11: sections: the list is empty"),
    ("sections:\n  - verse", "p.yaml:2:5: sections[1]: the section has no name"),
    ("sections:\n  - {bars: 4}", "p.yaml:2:5: sections[1]: the section has no name"),
    ("sections:\n  - {name: a}", "p.yaml:2:5: sections[1]: section 'a' has no bars"),
    ("sections:\n  - a: 0", "p.yaml:2:8: sections[1].a: '0' cannot be taken"),
    ("sections:\n  - {name: a, bars: 4, chrods: C}",
     "p.yaml:2:24: sections[1].chrods: 'chrods' is not known here; did you mean chords?"),
    ("sections:\n  a: {name: b, bars: 4}", "p.yaml:2:13: sections.a.name: the section is called"),
    ("sections:\n  - a: 4\n  - {name: b, reprise: c, bars: 4}",
     "p.yaml:3:5: sections[2]: section 'b' reprises 'c', which does not come before it"),
    ("sections:\n  - a: 4\n  - {name: b, reprise: a, bars: 5}\n  - c: 1",
     "p.yaml:3:5: sections[2]: section 'b' (5 bars of 4/4) cannot reprise 'a' (4 bars of 4/4)"),
    ("sections: {a: 1500, b: 600}", "p.yaml:1:24: sections.b: the sections add up to over 2000"),
    ("bars: 9\nsections: {a: 4, b: 4}", "p.yaml:1:7: bars: bars is 9 but the sections add up to 8"),
    ("sections: {a: 4}\nchords: C D E F G", "p.yaml:2:9: chords: the chords for all sections fill"),
    ("sections: {a: 4}\nchords: {1: C}", "p.yaml:2:9: chords: chords by bar number belong to a"),
    ("tracks: []", "p.yaml:1:9: tracks: the list is empty"),
    ("tracks: [kazzoo]", "p.yaml:1:10: tracks[1]: track 'kazzoo' is neither a role"),
    ("tracks: melody, kazzoo", "p.yaml:1:9: tracks: track 'kazzoo'"),
    ("tracks:\n  - {name: x}", "p.yaml:2:5: tracks[1]: track 'x' is neither a role"),
    ("tracks:\n  - {density: 3}", "p.yaml:2:5: tracks[1]: the track has no role"),
    ("tracks:\n  - {role: drumz}", "p.yaml:2:12: tracks[1].role: role 'drumz' is unknown; did you"),
    ("tracks:\n  - {instrument: flut}", "p.yaml:2:18: tracks[1].instrument: instrument 'flut'"),
    ("tracks:\n  - {role: melody, range: G5-C4}", "p.yaml:2:27: tracks[1].range: range 'G5-C4'"),
    ("tracks:\n  - {role: melody, range: C4-D4}", "tracks[1]: track 'melody': range 60 to 62"),
    ("tracks:\n  - {role: melody, range: high}", "tracks[1].range: range 'high' cannot be read"),
    ("tracks:\n  - {role: melody, polyphony: 17}", "tracks[1].polyphony: '17'"),
    ("tracks:\n  - {role: melody, density: 8}", "tracks[1].density: '8' cannot be taken"),
    ("tracks:\n  - {role: drums, instrument: piano}", "tracks[1]: track 'piano': the drum kit"),
    ("tracks: [bass, drums, drums]", "p.yaml:1:23: tracks[3]: 2 tracks have the role drums"),
    ("chords: Am F\nform: open", "p.yaml:2:7: form: an open form leaves sections and chords to"),
    ("form: open\nsections: {a: 8, b: 4}", "p.yaml:1:7: form: an open form"),
    ("tracks: [" + "melody, " * 40 + "bass]", "over 28 tracks"),
    ("title: " + "x" * 2000, "p.yaml:1:8: title: 'xxxx"),
    ("a: b: c", "p.yaml:1:5: this is not YAML"),
    ("title: 'x", "p.yaml:1:10: this is not YAML"),
    ("title: \x07", "p.yaml:1:1: this is not YAML"),
    ("x: &a 1\ny: *a", "p.yaml:1:4: x: anchors and aliases"),
    ("x: *a", "p.yaml:1:4: x: anchors and aliases"),
    ("title: !!python/object:os.system x", "p.yaml:1:8: title: tags (!)"),
    ("? [a]\n: b", "p.yaml:1:3: a list stands where a key should be"),
    ("bars: 4\n---\nbars: 5", "p.yaml:2:1: a second document starts"),
    ("x: " + "[" * 50 + "]" * 50, "nested over 8 levels deep"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), ERRORS)
def test_errors_say_where(text, said):
    with pytest.raises(PlanError) as caught:
        parse_plan(text, "p.yaml")
    message = str(caught.value)
    assert said in message
    assert message.startswith("p.yaml:")
    assert "\n" not in message
    assert len(message) < 700


BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = [
    BOMB,
    "[" * 400_000,
    "{a: " * 200_000,
    "- " * 400_000,
    "? " * 400_000,
    "a: [" + "b, " * 300_000 + "]",
    "a: '" + "b" * 900_000 + "'",
    "chords: " + "C " * 400_000,
    "sections: {" + ", ".join(f"s{n}: 2000" for n in range(9000)) + "}",
    "sections:\n" + "- {name: a, bars: 1, chords: C}\n" * 2500,
    "tracks: [" + "bass, " * 30_000 + "]",
    "\n".join(f"k{n}: 1" for n in range(60_000)),
    "a" * (MAX_BYTES + 1),
    "!" * 500_000,
    "%YAML 1.9\n---\n" + "a\n" * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_end_in_one_line(text):
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("given", [None, 5, b"bars: 8", ["bars: 8"]])
def test_what_is_no_text_is_no_plan(given):
    with pytest.raises(
        PlanError, match=f"a plan is YAML text, and this is a {type(given).__name__}"
    ):
        parse_plan(given)


@given(st.text(max_size=80) | st.text("atbsc: -[]{}&*!|>'\"%#\n,?.0149/", max_size=40))
@example("sections:\n-")
@example("tracks:\n- {}")
@example("sections: {'': 1}")
def test_any_text_is_a_plan_or_an_error(text):
    try:
        plan = parse_plan(text)
    except AnacrusisError as error:
        assert "plan:" in str(error)
    else:
        assert parse_plan(plan_text(plan)) == plan


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_example_is_a_plan_or_an_error(data):
    text = example_plan()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 40, len(text))))
    patch = data.draw(st.sampled_from(["", ":", "\n", "- ", "[", "x", "0", "Bb7 ", "null", "'"]))
    try:
        plan = parse_plan(text[:start] + patch + text[end:])
    except AnacrusisError:
        return
    assert parse_plan(plan_text(plan)) == plan
