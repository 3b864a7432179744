"""Scores and plans as JSON: round trips, the schema, and what is refused."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies import plans, scores

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import AnacrusisError, FileFormatError, ScoreError
from anacrusis.compose.files.json_file import (
    note_from_data,
    read_json,
    score_from_json,
    score_to_json,
    write_json,
)
from anacrusis.compose.files.plan_json import plan_from_data, plan_to_data
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.key import Key
from anacrusis.compose.meter import MAX_BAR_TICKS, Meter
from anacrusis.compose.plan import LEVELS, MAX_BARS, STYLES, Plan, SectionPlan, TrackPlan
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

SCHEMA = json.loads(
    resources.files("anacrusis.compose.files").joinpath("score.schema.json").read_text("utf-8")
)

SMALL = Score(
    bars=(Bar(Meter(6, 8), 6), Bar(Meter(6, 8)), Bar(Meter(6, 8))),
    tracks=(
        Track("Tune", "melody", 73, (Note(3, 67, 3, 90), Note(6, 72, 18, 100, -0.25, 12.5))),
        Track("Kit", "drums", -1),
    ),
    tempos=(TempoChange(0, 66.5),),
    keys=(KeyChange(0, Key("Bb")),),
    sections=(Section("Strophe Ä", 1, 2),),
    chords=(ChordSpan(6, 18, Chord.parse("Bbmaj7/D")), ChordSpan(30, 6, Chord.none())),
    title="Small",
    plan=Plan(
        (SectionPlan("Strophe Ä", 2, reprise=None),),
        (TrackPlan.of_role("melody"),),
        meter=Meter(6, 8),
        pickup=6,
    ),
)

GOLDEN = """{
  "format": "anacrusis-score",
  "version": 1,
  "title": "Small",
  "composer": "",
  "bars": [{"meter": "6/8", "bars": 1, "length": 6}, {"meter": "6/8", "bars": 2}],
  "tempos": [[0, 66.5]],
  "keys": [[0, "Bb major"]],
  "sections": [{"name": "Strophe Ä", "bar": 1, "bars": 2}],
  "chords": [[6, 18, "Bbmaj7/D"], [30, 6, "N.C."]],
  "tracks": [
    {
      "name": "Tune",
      "role": "melody",
      "program": 73,
      "notes": [[3, 67, 3, 90], [6, 72, 18, 100, {"shift": -0.25, "cents": 12.5}]]
    },
    {"name": "Kit", "role": "drums", "program": -1, "notes": []}
  ],
  "plan": {
    "title": "Untitled",
    "style": "game",
    "meter": "6/8",
    "pickup": 6,
    "swing": 0.5,
    "seed": 0,
    "sections": [{"name": "Strophe Ä", "bars": 2}],
    "tracks": [
      {
        "name": "melody",
        "role": "melody",
        "program": 73,
        "low": 60,
        "high": 84,
        "polyphony": 1,
        "rest": 1
      }
    ]
  }
}
"""


def changed(path: list[str | int], value: object) -> str:
    """The golden JSON with one value replaced, added, or (value is `...`) removed."""
    data = json.loads(GOLDEN)
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(data)


class TestRoundTrip:
    @settings(max_examples=150, deadline=None)
    @given(scores(with_plan=True, unisons=True, cents=True))
    def test_score_comes_back(self, score: Score) -> None:
        text = score_to_json(score)
        read = score_from_json(text)
        assert read == score
        assert read.plan == score.plan
        assert score_to_json(read) == text

    @settings(max_examples=150, deadline=None)
    @given(plans())
    def test_plan_comes_back(self, plan: Plan) -> None:
        data = plan_to_data(plan)
        assert plan_from_data(json.loads(json.dumps(data))) == plan
        definition = {"$ref": "#/$defs/plan", "$defs": SCHEMA["$defs"]}
        Draft202012Validator(definition).validate(data)

    @settings(max_examples=30, deadline=None)
    @given(scores(with_plan=True, cents=True))
    def test_what_is_written_fits_the_schema(self, score: Score) -> None:
        Draft202012Validator(SCHEMA).validate(json.loads(score_to_json(score)))

    def test_golden_text(self) -> None:
        assert score_to_json(SMALL) == GOLDEN
        read = score_from_json(GOLDEN)
        assert (read, read.plan) == (SMALL, SMALL.plan)

    def test_file(self, tmp_path: Path) -> None:
        write_json(SMALL, tmp_path / "small.json")
        assert (tmp_path / "small.json").read_text("utf-8") == GOLDEN
        assert read_json(tmp_path / "small.json") == SMALL

    def test_key_of_many_accidentals(self) -> None:
        score = Score((Bar(Meter()),), keys=(KeyChange(0, Key("G#")),))
        assert score_from_json(score_to_json(score)) == score

    def test_whole_floats_are_integers(self) -> None:
        read = score_from_json(changed(["tracks", 0, "notes", 0], [3.0, 67.0, 3.0, 90.0]))
        assert read == SMALL
        assert isinstance(read.tracks[0].notes[0].onset, int)

    def test_only_bars_and_tracks_are_needed(self) -> None:
        text = '{"format": "anacrusis-score", "version": 1, "bars": [{"meter": "3/4"}]'
        assert score_from_json(text + ', "tracks": []}') == Score((Bar(Meter(3, 4)),))


class TestSchema:
    def test_is_a_schema(self) -> None:
        Draft202012Validator.check_schema(SCHEMA)

    def test_says_what_the_code_says(self) -> None:
        definitions = SCHEMA["$defs"]
        assert tuple(definitions["role"]["enum"]) == ROLES
        assert tuple(definitions["plan"]["properties"]["style"]["enum"]) == STYLES
        assert definitions["level"]["maximum"] == LEVELS - 1
        assert definitions["tick"]["maximum"] == MAX_BARS * MAX_BAR_TICKS
        bars = SCHEMA["properties"]["bars"]["items"]["properties"]
        assert (bars["bars"]["maximum"], bars["length"]["maximum"]) == (MAX_BARS, MAX_BAR_TICKS)

    numbers = st.sampled_from([0, 1, -1, 60, 127, 128, 192_000, 192_001, 12.0, 0.5, -1.0, 1e9])
    odd: st.SearchStrategy[Any] = st.sampled_from(
        [None, True, "60", [], {}, {"shift": 1}, {"cents": -12.5}, {"pan": 1}]
    )
    extras = st.dictionaries(st.sampled_from(["shift", "cents"]), numbers | odd, max_size=2)

    @settings(max_examples=600, deadline=None)
    @given(st.lists(numbers | odd, max_size=6) | st.tuples(
        st.sampled_from([0, 5, 192_000]), st.sampled_from([0, 60, 127, 128]),
        st.sampled_from([0, 1, 7]), st.sampled_from([0, 1, 127, 64.0]), extras,
    ).map(list) | odd)  # fmt: skip
    def test_notes_checked_by_hand_as_the_schema_says(self, row: Any) -> None:
        definition = {"$ref": "#/$defs/note", "$defs": SCHEMA["$defs"]}
        assert (note_from_data(row) is not None) == Draft202012Validator(definition).is_valid(row)


class TestRefused:
    @pytest.mark.parametrize(
        ("path", "value", "message"),
        [
            (["version"], 2, "version 2; allowed: 1; update the program"),
            (["format"], "midi", 'does not begin with "format": "anacrusis-score"'),
            (["tempo"], 120, "'tempo' was unexpected"),
            (["bars"], [], r"bars: \[\] should be non-empty"),
            (["bars", 0, "meter"], "17/8", r"bars\[0\]: meter 17/8 is not supported; allowed"),
            (["bars", 0, "meter"], "six", r"bars\[0\]\.meter: 'six' does not match"),
            (["bars", 1, "length"], 40, r"bars\[1\]: a bar of 6/8 cannot last 40 ticks"),
            (["bars", 0, "bars"], 2001, r"bars\[0\]\.bars: 2001 is greater than .* 2000"),
            (["tempos", 0, 1], 0, r"tempos\[0\]\[1\]: 0 is less than the minimum of 1"),
            (["keys", 0, 1], "H major", r"keys\[0\]: pitch name 'H'"),
            (["sections", 0, "bars"], 9, "the score: section 'Strophe Ä' lies outside the 3 bars"),
            (["chords", 0, 2], "H7", r"chords\[0\]: chord 'H7' cannot be read"),
            (["chords", 1, 1], 600, "the score: chord N.C. at tick 30 lies outside the bars"),
            (["tracks"], ..., "'tracks' is a required property"),
            (["tracks"], {}, "tracks: .* is not of type 'array'"),
            (["tracks", 0], 5, r"tracks\[0\]: 5 is not of type 'object'"),
            (["tracks", 0, "role"], "solo", r"tracks\[0\]\.role: 'solo' is not one of \['melody'"),
            (["tracks", 0, "notes"], 5, r"tracks\[0\]\.notes: 5 is not of type 'array'"),
            (
                ["tracks", 0, "notes", 1, 1],
                128,
                r"tracks\[0\]\.notes\[1\]: \[6, 128, .*\] is not a note; write \[onset 0 to",
            ),
            (["tracks", 0, "notes", 0, 0], 900, "'Tune' has a note at tick 900, past the last bar"),
            (["title"], "\ud800", "is not Unicode text; rename it"),
            (["plan", "sections"], [{"name": "a", "bars": 1}] * 2001, "is too long; correct it"),
            (["plan", "swing"], 0.9, r"plan\.swing: 0.9 is greater than the maximum of 0.75"),
            (["plan", "pickup"], 40, "plan: a pickup of 40 ticks does not fit"),
            (["plan", "tracks", 0, "low"], 80, r"plan\.tracks\[0\]: .* under an octave"),
            (
                ["plan", "sections", 0, "chords"],
                [[[0, "H"]], []],
                r"plan\.sections\[0\]\.chords\[0\]: chord 'H'",
            ),
            (["plan", "sections", 0, "reprise"], "B", "plan: section .* reprises 'B'"),
        ],
    )
    def test_wrong_value(self, path: list[str | int], value: object, message: str) -> None:
        with pytest.raises(FileFormatError, match=message):
            score_from_json(changed(path, value))

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "the JSON is empty"),
            ("[]", "not a score"),
            ("{", "this is not JSON: .* line 1, column 2"),
            (GOLDEN[:-20], "this is not JSON"),
            (GOLDEN.replace('"composer": ""', '"title": "x"'), "'title' is given twice; keep one"),
            (GOLDEN.replace("66.5", "NaN"), "holds NaN; allowed: numbers only"),
            (GOLDEN.replace("66.5", "-Infinity"), "holds -Infinity"),
            (GOLDEN.replace("66.5", "1e999"), "1e999 is too large"),
            (GOLDEN.replace("66.5", "9" * 5000), "not JSON that can be read"),
            ("[" * 100_000, "not JSON"),
            ('{"format": ' + "[" * 100_000, "not JSON"),
        ],
    )
    def test_wrong_text(self, text: str, message: str) -> None:
        with pytest.raises(FileFormatError, match=message):
            score_from_json(text)

    def test_too_much(self) -> None:
        with pytest.raises(FileFormatError, match="50000001 bytes; allowed: up to 50000000"):
            score_from_json(" " * 50_000_001)
        with pytest.raises(FileFormatError, match="over 2000 bars"):
            score_from_json(changed(["bars"], [{"meter": "4/4", "bars": 2000}] * 2))
        with pytest.raises(FileFormatError, match="chords has 200001 entries"):
            score_from_json(changed(["chords"], [0] * 200_001))
        with pytest.raises(FileFormatError, match="over 1000 tracks"):
            track = {"name": "a", "role": "pad", "program": 0, "notes": []}
            score_from_json(changed(["tracks"], [track] * 1001))

    def test_deep_values_in_a_score(self) -> None:
        deep: Any = 1
        for _ in range(900):
            deep = [deep]
        with pytest.raises(FileFormatError):
            score_from_json(changed(["title"], deep))

    def test_half_characters_are_not_written(self) -> None:
        with pytest.raises(ScoreError, match="not Unicode text"):
            score_to_json(Score((Bar(Meter()),), title="\ud800"))

    def test_files_that_are_none(self, tmp_path: Path) -> None:
        with pytest.raises(FileFormatError, match=r"cannot read .*gone\.json"):
            read_json(tmp_path / "gone.json")
        (tmp_path / "latin.json").write_bytes(b'{"title": "\xe4"}')
        with pytest.raises(FileFormatError, match=r"latin\.json is not UTF-8 text \(byte 11\)"):
            read_json(tmp_path / "latin.json")
        (tmp_path / "bad.json").write_text("{")
        with pytest.raises(FileFormatError, match=r"bad\.json: this is not JSON"):
            read_json(tmp_path / "bad.json")


class TestFuzz:
    @staticmethod
    def survives(text: str) -> None:
        try:
            score = score_from_json(text)
        except AnacrusisError as error:
            assert str(error)
        else:
            assert score_from_json(score_to_json(score)) == score

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=100))
    def test_random_text(self, text: str) -> None:
        self.survives(text)

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=5,
    )

    @settings(max_examples=200, deadline=None)
    @given(st.data(), json_values)
    def test_any_value_in_any_place(self, draw: st.DataObject, value: Any) -> None:
        data = json.loads(GOLDEN)
        place = data
        while True:
            steps = list(place) if isinstance(place, dict) else list(range(len(place)))
            step = draw.draw(st.sampled_from(steps))
            if (
                not isinstance(place[step], dict | list)
                or not place[step]
                or draw.draw(st.booleans())
            ):
                place[step] = value
                break
            place = place[step]
        self.survives(json.dumps(data))

    @settings(max_examples=150, deadline=None)
    @given(scores(with_plan=True), st.data())
    def test_mutated_text(self, score: Score, draw: st.DataObject) -> None:
        text = list(score_to_json(score))
        for _ in range(draw.draw(st.integers(1, 3))):
            at = draw.draw(st.integers(0, len(text) - 1))
            text[at] = draw.draw(st.sampled_from('0123456789-.,:[]{}" aeE\\'))
        self.survives("".join(text))
        self.survives("".join(text[: draw.draw(st.integers(0, len(text)))]))
