"""Reports in SARIF 2.1.0, held against what its standard demands of such a log."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from rule_scores import piece

from anacrusis.compose.rules import RULES
from anacrusis.compose.verify import report_sarif, verify
from anacrusis.compose.verify.sarif import descriptions


def closed(required=(), **properties):
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
    }


def many(items, **more):
    return {"type": "array", "items": items} | more


TEXT = {"type": "string", "minLength": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
INDEX = {"type": "integer", "minimum": -1}
MESSAGE = closed(["text"], text=TEXT, markdown=TEXT)
ARTIFACT = closed(uri={"type": "string", "format": "uri-reference"}, index=INDEX)
DESCRIPTOR = closed(
    ["id"], id=TEXT, shortDescription=MESSAGE, fullDescription=MESSAGE,
    defaultConfiguration=closed(level=LEVEL),
)  # fmt: skip
LOCATION = closed(
    physicalLocation=closed(["artifactLocation"], artifactLocation=ARTIFACT),
    logicalLocations=many(closed(name=TEXT, fullyQualifiedName=TEXT, kind=TEXT), uniqueItems=True),
)
RESULT = closed(
    ["message"], ruleId=TEXT, ruleIndex=INDEX, level=LEVEL, message=MESSAGE,
    locations=many(LOCATION), properties={"type": "object"},
)  # fmt: skip
DRIVER = closed(["name"], name=TEXT, version=TEXT, rules=many(DESCRIPTOR, uniqueItems=True))
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    artifacts=many(closed(location=ARTIFACT), uniqueItems=True),
    results=many(RESULT),
)
LOG = closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}},
    runs=many(RUN),
)
"""The parts of a SARIF log that a report has: which are demanded, and that there are no others."""


def log(score, file="songs/mine.json"):
    return json.loads(report_sarif(verify(score), Path(file)))


WRONG = piece("tune: leap 5", "cadence authentic in bar 2", tune="0 C4 12, 18 C5 6")


def test_it_is_a_log():
    for score in (WRONG, piece(tune="0 C4 96")):
        assert list(Draft7Validator(LOG).iter_errors(log(score))) == []


def test_a_result_has_its_rule_place_and_notes():
    (run,) = log(WRONG)["runs"]
    leap = next(result for result in run["results"] if result["ruleId"] == "leap")
    assert run["tool"]["driver"]["rules"][leap["ruleIndex"]]["id"] == "leap"
    assert leap["level"] == "error"
    assert "C4, C5 leap 12 semitones" in leap["message"]["text"]
    assert "'tune: leap 5'" in leap["message"]["text"]
    (location,) = leap["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "songs/mine.json"
    assert location["logicalLocations"] == [
        {"name": "bar 1, beat 2.5", "fullyQualifiedName": "tune/bar 1/beat 2.5", "kind": "beat"}
    ]
    assert (leap["properties"]["bar"], leap["properties"]["track"]) == (1, "tune")
    assert [note["onset"] for note in leap["properties"]["notes"]] == [0, 18]
    cadence = next(result for result in run["results"] if result["ruleId"] == "cadence")
    assert cadence["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].startswith(
        "all tracks/bar 2/"
    )


def test_every_rule_has_its_metadata():
    (run,) = log(piece(tune="0 C4 96"))["runs"]
    assert run["results"] == []
    rules = run["tool"]["driver"]["rules"]
    named = [rule["id"] for rule in rules]
    assert len(named) == len(set(named))
    assert {kind.word for kind in RULES} <= set(named)
    listed = verify.__doc__.split("Rules: ")[1].replace("``", "|").split("|")[1::2]
    assert set(named) == set(listed) | {kind.word for kind in RULES}
    for rule in rules:
        assert rule["defaultConfiguration"] == {"level": "error"}
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["fullDescription"]["text"] == descriptions()[rule["id"]]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("my song.json", "my%20song.json"),
        ("a:b/100%.mid", "a%3Ab/100%25.mid"),
        ("lieder/f\u00fcr.json", "lieder/f%C3%BCr.json"),
    ],
)
def test_where_the_score_lies_is_a_uri(file, uri):
    (run,) = log(WRONG, file)["runs"]
    assert run["artifacts"] == [{"location": {"uri": uri, "index": 0}}]


def test_a_file_by_its_full_path(tmp_path):
    (run,) = log(WRONG, tmp_path / "song.json")["runs"]
    assert run["artifacts"][0]["location"]["uri"].startswith("file:///")


def test_a_track_with_strokes_is_one_part_of_a_name():
    score = piece("range C4-C5", **{"L/R": "0 C6 12"})
    (run,) = log(score)["runs"]
    names = [r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for r in run["results"]]
    assert "L|R/bar 1/beat 1" in names
