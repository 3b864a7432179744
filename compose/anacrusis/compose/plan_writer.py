"""Plans written as YAML text, and the commented example that a new plan starts from."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

import yaml

from .errors import PlanError
from .instruments import program_name
from .meter import TICKS_PER_QUARTER, Meter
from .plan import ChangeAt, Plan, SectionPlan, TrackPlan, section_meters
from .progression import progression_text
from .rules.text import MAX_TEXT as MAX_RULE

MAX_TEXT = 1000
"""Most characters of a title or a name in a plan file."""

_EXAMPLE = """\
# A plan for Anacrusis. Every key may be left out: the model then writes that part itself.

title: First light
key: A minor             # or C, F# minor, Bb, D dorian ...
meter: 4/4               # denominators 2, 4, 8 and 16: 3/4, 6/8, 5/4, 7/8 ...
tempo: 92                # quarter notes per minute, 20 to 400
# length: 1:25           # how long the music lasts; a tempo that is left out is then solved
style: game              # or song, quartet, hymn, lead sheet, drums, chart
seed: 10                 # the same plan and seed give the same notes
swing: 0.5               # where an off-beat eighth falls: 0.5 straight, 0.67 triplets, up to 0.75
pickup: 1 beat           # music before the first full bar, in beats or like 3/8; 0 for none

# Sections in order; together 32 bars. Instead of them, `bars: 32` leaves their names and lengths to
# the model (`form: open`, the default where neither sections nor chords are given; the other choice
# is `form: given`: the bars are one section).
sections:
  - name: intro
    bars: 4
    chords: Am F C G                    # one chord a bar; a shorter row starts again
  - name: verse
    bars: 8
    # With bar lines a bar may hold several chords: they share its beats evenly,
    # "." lets a chord go on for one more share, "%" repeats the bar before; E7@4.5 begins on
    # that beat, and {Dm F} lets the model choose.
    chords: "Am | F | C | G | Am | F | Dm . . E7 | %"
  - name: chorus
    bars: 4
    chords: "VI | VII | III | iv V7"    # Roman numerals go by the key
  - name: verse 2
    bars: 8
    chords: Am | F | C | G/B | Am | F | Dm | E7sus4 E7
    # key, meter and tempo may be set in a section, and hold until they are set again;
    # changes: {5: {key: C major}} sets them from a bar of the section on
    tempo: 94
  - name: chorus again
    reprise: chorus                     # the same music, note for note; or a variation:
    # vary: chorus                      # what the music comes from, and
    # change: 0.3                       # the share of its notes that changes
  - name: ending
    bars: 4
    chords: "Dm7 | E7sus4 E7 | Am F | Am"
    tempo: 84

# Tracks in order: a role (melody, counter, chords, arpeggio, pad, bass, drums) or an instrument of
# General MIDI (piano, flute, cello, clean guitar ...), or one with details.
tracks:
  - name: melody
    role: melody
    instrument: flute
    range: C4-C6         # lowest to highest pitch; C4 is middle C
    density: medium      # how many notes: low, medium, high, or 0 to 7
    register: medium     # how high within the range: low, medium, high, or 0 to 7
    rest: 2              # most whole bars in a row without a note, or any
  - name: piano
    role: chords
    instrument: piano
    polyphony: 4         # most notes at once, 1 to 16
  - bass
  - drums

# What the notes must keep beside all this, and what they should: TRACKS: RULE VALUES in PLACE.
# rules:
#   - "melody: leap 12"                 # semitones from one note to the next
#   - "bass: onsets 2-8 in verse"       # so many notes in each bar
#   - "cadence half in bar 12"
# prefer:
#   - "melody: leap 7 weight 3"
"""


def example_plan() -> str:
    """A commented plan file: a song of 32 bars for melody, piano, bass and drums."""
    return _EXAMPLE


def plan_text(plan: Plan) -> str:
    """The plan as YAML text that `plan_file.parse_plan` reads back as an equal plan.

    Raises `PlanError` for a title or name too long for a plan file.
    """
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"title: {_quoted(plan.title)}"
    if plan.key is not None:
        yield f"key: {plan.key}"
    yield f"meter: {plan.meter}"
    if plan.tempo is not None:
        yield f"tempo: {_number(plan.tempo)}"
    if plan.length is not None:
        yield f"length: {_number(plan.length)} s"
    yield f"style: {plan.style}"
    yield f"seed: {plan.seed}"
    yield f"swing: {_number(plan.swing)}"
    if plan.pickup:
        yield f"pickup: {_whole_notes(plan.pickup)}"
    if plan.open_form and plan.sections == (SectionPlan("A", plan.bars),):
        yield f"bars: {plan.bars}"
    else:
        if plan.open_form:
            yield "form: open"
        yield "sections:"
        meters = section_meters(plan.meter, plan.sections)
        for section, held in zip(plan.sections, meters, strict=True):
            yield from _section(section, held)
    yield "tracks:"
    for track in plan.tracks:
        yield from _track(track)
    for key, demands in (("rules", plan.rules), ("prefer", plan.wishes)):
        if demands:
            yield f"{key}:"
        for demand in demands:
            yield f"  - {_quoted(str(demand), MAX_RULE)}"


def _section(section: SectionPlan, meters: Sequence[Meter]) -> Iterator[str]:
    yield f"  - name: {_quoted(section.name)}"
    yield f"    bars: {section.bars}"
    if section.chords is not None:
        yield f"    chords: {_quoted(progression_text(section.chords, meters), limit=None)}"
    for name in ("key", "meter"):
        if getattr(section, name) is not None:
            yield f"    {name}: {getattr(section, name)}"
    if section.tempo is not None:
        yield f"    tempo: {_number(section.tempo)}"
    if section.reprise is not None:
        yield f"    reprise: {_quoted(section.reprise)}"
    if section.vary is not None:
        yield f"    vary: {_quoted(section.vary)}"
        yield f"    change: {'-'.join(_number(share) for share in section.change)}"
    if section.changes:
        yield "    changes:"
    for change in section.changes:
        yield f"      {change.bar}: {{{', '.join(_changed(change))}}}"


def _changed(change: ChangeAt) -> Iterator[str]:
    for name in ("key", "meter"):
        if getattr(change, name) is not None:
            yield f"{name}: {getattr(change, name)}"
    if change.tempo is not None:
        yield f"tempo: {_number(change.tempo)}"


def _track(track: TrackPlan) -> Iterator[str]:
    yield f"  - name: {_quoted(track.name)}"
    yield f"    role: {track.role}"
    yield f"    instrument: {_quoted(program_name(track.program))}"
    yield f"    range: {track.low}-{track.high}"
    yield f"    polyphony: {track.polyphony}"
    yield f"    rest: {'any' if track.rest is None else track.rest}"
    if track.density is not None:
        yield f"    density: {track.density}"
    if track.register is not None:
        yield f"    register: {track.register}"


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) else repr(float(value))


def _whole_notes(ticks: int) -> str:
    length = Fraction(ticks, 4 * TICKS_PER_QUARTER)
    return f"{length.numerator}/{length.denominator}"


def _quoted(text: str, limit: int | None = MAX_TEXT) -> str:
    """The text as a YAML scalar, in quotes unless it is plain words."""
    if limit is not None and len(text) > limit:
        raise PlanError(f"{text[:40]!r}... has {len(text)} characters; allowed: up to {limit}")
    if re.fullmatch(r"[A-Za-z](?:[\w.,+()/-]| (?! ))*(?<! )", text, re.ASCII):
        return text if text.lower() not in ("null",) else f'"{text}"'
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return dumped.rstrip("\n")
