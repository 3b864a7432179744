"""Small scores with rules: what each breaks, as ``bar:beat track pitches``.

Ticks: 12 a quarter note, so a bar of 4/4 has 48.
"""

from dataclasses import replace

from anacrusis.compose.chord import Chord
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.pitch import parse_pitch, pitch_name
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.rules import parse_rule
from anacrusis.compose.score import ChordSpan, KeyChange, Note, Track
from anacrusis.compose.verify import verify


def notes(text):
    """``0 C4 12, 12 E4 6 90``: onset, pitch, duration and, where it matters, velocity."""
    rows = [row.split() for row in text.split(",") if row.strip()]
    return tuple(
        Note(int(onset), parse_pitch(pitch), int(duration), *map(int, velocity))
        for onset, pitch, duration, *velocity in rows
    )


def lane(text, ticks):
    """``0 C, 48 G7, 96 -``: each chord lasts until the next; ``-`` is silence."""
    rows = [row.split() for row in text.split(",") if row.strip()]
    bounds = [*(int(tick) for tick, _ in rows), ticks]
    return tuple(
        ChordSpan(start, end - start, Chord.parse(symbol))
        for start, end, (_, symbol) in zip(bounds, bounds[1:], rows, strict=False)
        if symbol != "-"
    )


def piece(
    *rules,
    bars=2,
    sections=None,
    meter="4/4",
    pickup=0,
    chords="",
    keys="",
    programs=None,
    **tracks,
):
    """A score and its plan, which states rules (texts, or values) and nothing else but the form.

    sections: (name, bars), or (name, bars, reprise). keys: ``0 C major, 48 G major``. tracks: their
    notes; one called drums is a drum kit. programs: of tracks that are no piano.
    """
    rows = sections or [("a", bars)]
    plans = [
        TrackPlan(name, "drums", -1, 27, 87, 16) if name == "drums"
        else TrackPlan(name, "chords", (programs or {}).get(name, 0), 0, 127, 16)
        for name in tracks
    ]  # fmt: skip
    plan = Plan(
        tuple(SectionPlan(name, length, reprise=(*more, None)[0]) for name, length, *more in rows),
        tuple(plans),
        meter=Meter.parse(meter),
        pickup=pickup,
        rules=tuple(parse_rule(rule) if isinstance(rule, str) else rule for rule in rules),
    )
    score = plan.skeleton()
    stated = [row.strip().split(" ", 1) for row in keys.split(",") if row.strip()]
    return replace(
        score,
        tracks=tuple(
            Track(track.name, track.role, track.program, notes(text))
            for track, text in zip(plans, tracks.values(), strict=True)
        ),
        chords=lane(chords, score.ticks),
        keys=tuple(KeyChange(int(tick), Key.parse(key)) for tick, key in stated),
    )


def violations(score, plan=None):
    """Violations of the rules that the plan states, in order."""
    plan = plan or score.plan
    texts = {(rule.word, f"the plan asks for {str(rule)!r}") for rule in plan.rules}
    return [
        violation
        for violation in verify(score, plan).violations
        if any(violation.rule == w and violation.message.endswith(t) for w, t in texts)
    ]


def broken(score, plan=None):
    """The same, each as ``bar:beat track pitches``; ``-`` is no track."""
    return [
        " ".join([f"{v.bar}:{v.beat:g}", v.track or "-", *(pitch_name(n.pitch) for n in v.notes)])
        for v in violations(score, plan)
    ]
