"""Form without notes: names of sections in the words of the vocabulary, sections as a score.

Annotations of recordings name sections freely ("chorusinst", "Pre-Verse", "gtr solo 2"). Each name
becomes the kind that it says; what is no music (silence, applause, talk) has none.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from anacrusis.compose.errors import DataError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.result import ReadResult
from anacrusis.compose.score import Bar, Score, Section, TempoChange
from anacrusis.compose.tokens.vocabulary import SECTION_LABELS

MIN_BARS = 8
MIN_SECTIONS = 2
SILENT = ("silence", "end", "applause", "spoken", "dialog", "crowd", "stage")
"""The first word of names of what is no music, unless the name says a kind of section too."""

_KINDS = (
    (r"pre-?chorus", "pre-chorus"),
    (r"chorus|refrain|hook", "chorus"),
    (r"pre-?verse|post-?verse|ritornello", "interlude"),
    (r"verse|raps?$", "verse"),
    (r"bridge|middle", "bridge"),
    (r"solo|improv", "solo"),
    (r"break", "break"),
    (r"build", "build"),
    (r"drop", "drop"),
    (r"outro|fade-?out|closing|cadential|finale|tag$|^out$", "outro"),
    (r"coda|codetta|\bending", "ending"),
    (r"intro|opening|fade-?in|pick-?up|count-?in|vamp", "intro"),
    (r"interlude|interruption", "interlude"),
    (r"trans", "transition"),
    (r"^inst|instrumental|gtr|guitar|riff|piano|organ|strings", "instrumental"),
    (r"theme|head|exposition|recap|variation|^main", "theme"),
)
"""What a name contains -> the kind of section it is; the first that fits."""


class Mark(NamedTuple):
    """A section begins: its name as annotated, and the bar."""

    name: str
    bar: int


def section_kind(name: str) -> str | None:
    """The vocabulary's word for an annotated name; None for what is no music.

    >>> [section_kind(n) for n in ("Verse 2", "altchorus", "B'", "Secondary_theme", "Silence")]
    ['verse', 'chorus', 'B', 'theme', None]
    """
    cleaned = name.strip().lower().replace("_", " ")
    for pattern, kind in _KINDS:
        if re.search(pattern, cleaned):
            return kind
    if re.match(rf"({'|'.join(SILENT)})(?![a-z])", cleaned):
        return None
    letter = re.fullmatch(r"([A-H])'*", name.strip())
    return letter[1] if letter else "section"


def form_score(
    bars: Sequence[Bar], marks: Sequence[Mark], tempo: float, title: str, artist: str
) -> ReadResult:
    """Bars with sections and nothing else: no tracks, no chords, no key.

    marks: in order; the first section begins with the first bar, the last ends with the last. Of
    sections that begin in one bar the last stays. Raises `DataError` where too little is left.
    """
    starts: dict[int, str] = {}
    lost = 0
    for mark in marks:
        bar = mark.bar if starts else 0
        if bar < len(bars):
            lost += bar in starts
            starts[bar] = section_kind(mark.name) or "break"
    if len(bars) < MIN_BARS or len(starts) < MIN_SECTIONS:
        raise DataError(
            f"{len(bars)} bars in {len(starts)} sections; a form has at least {MIN_BARS} bars and "
            f"{MIN_SECTIONS} sections"
        )
    stops = [*list(starts)[1:], len(bars)]
    sections = tuple(
        Section(kind, bar, stop - bar)
        for (bar, kind), stop in zip(starts.items(), stops, strict=True)
    )
    unnamed = sum(section.name == SECTION_LABELS[-1] for section in sections)
    losses = Losses({"sections shorter than a bar": lost, "sections of an unknown kind": unnamed})
    score = Score(
        bars=tuple(bars),
        tempos=(TempoChange(0, round(tempo, 1)),),
        sections=sections,
        title=title,
        composer=artist,
    )
    return ReadResult(score, losses)
