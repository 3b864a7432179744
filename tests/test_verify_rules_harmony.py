"""The verifier on cadences and modulations: kept, and broken."""

from dataclasses import replace

import pytest
from rule_scores import broken, piece, violations

from anacrusis.compose.key import Key
from anacrusis.compose.verify import verify

CADENCES = {
    "authentic": ("authentic", "C", "0 G, 48 C", []),
    "with a seventh": ("authentic", "C", "0 G7, 48 Cmaj7", []),
    "over its third": ("authentic", "C", "0 G/B, 48 C", []),
    "augmented dominant": ("authentic", "C", "0 G7#5, 48 C", []),
    "leading-note chord": ("authentic", "C", "0 Bdim, 48 C", []),
    "half-diminished": ("authentic", "C", "0 Bm7b5, 48 C", []),
    "fully diminished": ("authentic", "A minor", "0 G#dim7, 48 Am", []),
    "in minor": ("authentic", "A minor", "0 E7, 48 Am", []),
    "minor dominant": ("authentic", "A minor", "0 Em, 48 Am", ["2:1 -"]),
    "major tonic in minor": ("authentic", "A minor", "0 E7, 48 A", ["2:1 -"]),
    "minor tonic in major": ("authentic", "C", "0 G7, 48 Cm", ["2:1 -"]),
    "tonic over its third": ("authentic", "C", "0 G7, 48 C/E", ["2:1 -"]),
    "suspended dominant": ("authentic", "C", "0 Gsus4, 48 C", ["2:1 -"]),
    "tonic without a third": ("authentic", "C", "0 G7, 48 C5", ["2:1 -"]),
    "augmented tonic": ("authentic", "C", "0 G7, 48 Caug", ["2:1 -"]),
    "two thirds": ("authentic", "C", "0 G7, 48 C7#9", ["2:1 -"]),
    "another key": ("authentic", "F", "0 G7, 48 C", ["2:1 -"]),
    "no cadence": ("authentic", "C", "0 F, 48 C", ["2:1 -"]),
    "in the middle of the bar": ("authentic", "C", "0 C, 48 G, 72 C", []),
    "not at its end": ("authentic", "C", "0 G, 48 C, 72 F", ["2:3 -"]),
    "chords of one root are one": ("authentic", "C", "0 G, 48 C, 72 C6", []),
    "the dominant grows": ("authentic", "C", "0 F, 24 G, 36 G7, 48 C", []),
    "the last chord is held into the bar": ("authentic", "C", "0 G, 24 C", []),
    "silence at the end": ("authentic", "C", "0 G, 48 C, 72 -", []),
    "silence between": ("authentic", "C", "0 G, 24 -, 48 C", ["2:1 -"]),
    "N.C. between": ("authentic", "C", "0 G, 24 N.C., 48 C", ["2:1 -"]),
    "no chord in the bar": ("authentic", "C", "0 G, 24 C, 48 -", ["2:1 -"]),
    "no chord before": ("authentic", "C", "48 C", ["2:1 -"]),
    "no key": ("authentic", "", "0 G, 48 C", ["2:1 -"]),
    "half": ("half", "C", "0 F, 48 G", []),
    "half with a seventh": ("half", "C", "0 Am, 48 G7", []),
    "half in minor": ("half", "A minor", "0 F, 48 E", []),
    "half on a minor chord": ("half", "A minor", "0 F, 48 Em", ["2:1 -"]),
    "half over its third": ("half", "C", "0 F, 48 G/B", ["2:1 -"]),
    "half from nothing": ("half", "C", "48 G", ["2:1 -"]),
    "half from itself": ("half", "C", "0 G, 48 G7", ["2:1 -"]),
    "deceptive": ("deceptive", "C", "0 G7, 48 Am", []),
    "deceptive in minor": ("deceptive", "A minor", "0 E7, 48 F", []),
    "deceptive to major": ("deceptive", "C", "0 G7, 48 A", ["2:1 -"]),
    "deceptive from no dominant": ("deceptive", "C", "0 Dm, 48 Am", ["2:1 -"]),
    "deceptive on the raised sixth": ("deceptive", "A minor", "0 E7, 48 F#m", ["2:1 -"]),
    "plagal": ("plagal", "C", "0 F, 48 C", []),
    "plagal, minor": ("plagal", "C", "0 Fm6, 48 C", []),
    "plagal in minor": ("plagal", "A minor", "0 Dm, 48 Am", []),
    "plagal from no subdominant": ("plagal", "C", "0 Dm, 48 C", ["2:1 -"]),
    "dorian": ("plagal", "D dorian", "0 G, 48 Dm", []),
}  # fmt: skip


@pytest.mark.parametrize("name", CADENCES)
def test_cadences(name):
    kind, key, chords, wanted = CADENCES[name]
    score = piece(
        f"cadence {kind} in bar 2", tune="0 C4 12", chords=chords, keys=f"0 {key}" if key else ""
    )
    assert broken(score) == wanted


def test_a_cadence_of_a_section_stands_in_its_last_bar_and_in_the_key_there():
    form = [("verse", 2), ("chorus", 2)]
    chords, keys = "0 C, 48 G, 96 D7, 144 G", "0 C, 96 G"
    found = piece("cadence half in verse", "cadence authentic in chorus",
                  sections=form, tune="", chords=chords, keys=keys)  # fmt: skip
    assert broken(found) == []
    other = replace(found, keys=found.keys[:1])
    (violation,) = violations(other)
    assert (violation.rule, violation.bar, violation.track) == ("cadence", 4, None)
    assert "D7 to G in C major" in violation.message
    assert "'cadence authentic in chorus'" in violation.message


MODULATIONS = {
    "direct": ("modulate to G in bar 2", "0 C, 48 G", []),
    "by its other name": ("modulate to F# in bar 2", "0 C, 48 Gb", []),
    "does not come": ("modulate to G in bar 2", "0 C", ["2:1 -"]),
    "another mode": ("modulate to G in bar 2", "0 C, 48 G minor", ["2:1 -"]),
    "too late": ("modulate to G in bar 2", "0 C, 60 G", ["2:1 -"]),
    "too early": ("modulate to G in bar 2", "0 C, 36 G", ["2:1 -"]),
    "from no key": ("modulate to G in bar 2", "48 G", []),
    "to no key": ("modulate to G in bar 2", "", ["2:1 -"]),
    "relative minor": ("modulate to relative minor in bar 2", "0 C, 48 A minor", []),
    "relative major": ("modulate to relative major in bar 2", "0 C minor, 48 Eb", []),
    "parallel minor": ("modulate to parallel minor in bar 2", "0 C, 48 C minor", []),
    "parallel major": ("modulate to parallel major in bar 2", "0 C minor, 48 C", []),
    "dominant": ("modulate to dominant in bar 2", "0 C, 48 G", []),
    "dominant of minor": ("modulate to dominant in bar 2", "0 A minor, 48 E minor", []),
    "subdominant": ("modulate to subdominant in bar 2", "0 C, 48 F", []),
    "not the dominant": ("modulate to dominant in bar 2", "0 C, 48 F", ["2:1 -"]),
    "relative to nothing": ("modulate to dominant in bar 2", "48 G", ["2:1 -"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULATIONS)
def test_modulations(name):
    rule, keys, wanted = MODULATIONS[name]
    assert broken(piece(rule, tune="", keys=keys)) == wanted


PIVOTS = {
    "in both": ("0 C, 24 Am", "0 C, 48 G", []),
    "not in the old key": ("0 C, 24 D", "0 C, 48 G", ["2:1 -"]),
    "not in the new key": ("0 C, 24 F", "0 C, 48 G", ["2:1 -"]),
    "in neither": ("0 C, 24 Db", "0 C, 48 G", ["2:1 -", "2:1 -"]),
    "a foreign bass": ("0 C, 24 Am/F", "0 C, 48 G", ["2:1 -"]),
    "raised seventh of minor": ("0 C, 24 E", "0 A minor, 48 E", []),
    "raised sixth of minor": ("0 C, 24 D", "0 A minor, 48 G", []),
    "held over the bar line": ("0 C, 24 Am, 60 D", "0 C, 48 G", []),
    "silence before": ("0 C, 36 -", "0 C, 48 G", ["2:1 -"]),
    "no key before": ("0 C", "48 G", ["2:1 -"]),
}


@pytest.mark.parametrize("name", PIVOTS)
def test_pivots(name):
    chords, keys, wanted = PIVOTS[name]
    score = piece("modulate to X by pivot in bar 2".replace("X", keys.split()[-1]),
                  tune="", chords=chords, keys=keys)  # fmt: skip
    assert broken(score) == wanted


def keys_that_differ(plan, keys):
    score = replace(plan.skeleton(), keys=piece(tune="", bars=6, keys=keys).keys)
    return [
        (v.rule, v.bar) for v in verify(score, plan).violations if v.rule in ("key", "modulate")
    ]


def test_a_modulation_is_a_key_that_the_plan_states():
    base = piece(
        "modulate to dominant in bar 2", "modulate to relative minor in bar 3",
        sections=[("a", 4), ("b", 2)], tune="",
    ).plan  # fmt: skip
    plan = replace(base, key=Key("C"))
    assert keys_that_differ(plan, "0 C, 48 G, 96 E minor") == []
    assert keys_that_differ(plan, "0 C, 48 G")[:2] == [("key", 3), ("modulate", 3)]
    assert ("key", 4) in keys_that_differ(plan, "0 C, 48 G, 96 E minor, 144 C")
    # A section's own key holds from there on.
    sections = (plan.sections[0], replace(plan.sections[1], key=Key("C")))
    home = replace(plan, sections=sections)
    assert keys_that_differ(home, "0 C, 48 G, 96 E minor, 192 C") == []
    assert keys_that_differ(home, "0 C, 48 G, 96 E minor") == [("key", 5)]
    # Where the plan leaves the key open, so is the one that stands in relation to it.
    assert keys_that_differ(replace(plan, key=None), "0 F, 48 C, 96 A minor") == []
