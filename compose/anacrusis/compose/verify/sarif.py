"""The report in SARIF 2.1.0, the format in which editors and forges show what checks have found.

OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". A score has no lines, so
a place in it is a logical location: the track, the bar, the beat.
"""

import json
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from inspect import getdoc
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..rules import RULES
from .report import Report, Violation, violation_json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
WHOLE = "all tracks"
"""The track of what concerns the whole score."""
DESCRIPTIONS: dict[str, str] = {
    "bars": "The score has as many bars as the plan.",
    "meter": "Every bar has the meter and length of the plan.",
    "pickup": "The first bar is as long as the plan's pickup.",
    "tempo": "The tempo is the plan's wherever it states one.",
    "length": "The music lasts as many seconds as the plan states, within 10 ms.",
    "key": "The key is the plan's wherever it states one.",
    "sections": "The sections have the names, first bars and lengths of the plan.",
    "chords": "The chord lane holds the plan's chords wherever it states them.",
    "tracks": "The tracks have the names, roles and instruments of the plan, in its order.",
    "inside": "No note lasts past the last bar.",
    "section": "No note is held over the end of its section.",
    "range": "Pitched notes lie in the range of their track, and in that of the plan's rules.",
    "polyphony": "No more notes of a track sound at once than the plan allows.",
    "overlap": "No pitch is struck again in a track while it still sounds there.",
    "drums": "Drum tracks have drum sounds only, and the patterns that the plan asks for.",
    "silence": "Something sounds in every full bar.",
    "rest": "No track rests for more bars in a row than the plan allows.",
    "reprise": "A reprise has the notes of its model, and its harmony where that is left open.",
    "variation": "A variation changes as much of its model as the plan asks for.",
    "swing": "Every note is played where the plan's swing puts it.",
    "lane": "No chord starts before the one before it has ended.",
    "strong": "A note on a strong beat, or where the chord changes, is a tone of the chord.",
    "non-chord tone": "A note outside its chord resolves by step at once, or anticipates the next.",
    "held": "A note held into another chord is one of its tones, or a suspension that resolves.",
    "bass": "A bass note that starts where the chord changes is the bass of the chord.",
}
"""What each rule of the verifier says, beside those of a plan, whose docstrings do."""


def descriptions() -> dict[str, str]:
    """Every rule that a violation can name, and what it says."""
    stated = {}
    for kind in RULES:
        text = (getdoc(kind) or kind.word).replace("`", "")
        stated[kind.word] = " ".join(text.split())
    return stated | DESCRIPTIONS


def report_sarif(report: Report, file: Path) -> str:
    """The report as a SARIF log with one run; `file` is where the score lies."""
    artifact = {"uri": file.as_uri() if file.is_absolute() else quote(file.as_posix()), "index": 0}
    rules = descriptions()
    places = {rule: index for index, rule in enumerate(rules)}
    driver: dict[str, Any] = {
        "name": "anacrusis verify",
        "rules": [
            {
                "id": rule,
                "shortDescription": {"text": text.split(". ")[0].rstrip(".") + "."},
                "fullDescription": {"text": text},
                "defaultConfiguration": {"level": "error"},
            }
            for rule, text in rules.items()
        ],
    }
    with suppress(PackageNotFoundError):  # run from a folder that was never installed
        driver["version"] = version("anacrusis")
    run = {
        "tool": {"driver": driver},
        "artifacts": [{"location": artifact}],
        "results": [
            {
                "ruleId": violation.rule,
                "ruleIndex": places[violation.rule],
                "level": "error",
                "message": {"text": str(violation)},
                "locations": [
                    {
                        "physicalLocation": {"artifactLocation": artifact},
                        "logicalLocations": [_place(violation)],
                    }
                ],
                "properties": violation_json(violation),
            }
            for violation in report.violations
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _place(violation: Violation) -> dict[str, str]:
    track = violation.track or WHOLE
    bar, beat = f"bar {violation.bar}", f"beat {violation.beat:g}"
    return {
        "name": f"{bar}, {beat}",
        # The parts of a full name are divided by strokes, so a track has none in it.
        "fullyQualifiedName": f"{track.replace('/', '|')}/{bar}/{beat}",
        "kind": "beat",
    }
