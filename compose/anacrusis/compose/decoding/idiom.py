"""What form and harmony the model may write where a plan leaves them open.

Tables of common practice, as masks over what is sampled: which section follows which, which chords
belong to a key, how long a chord may stay. Within them the model chooses.
"""

from functools import lru_cache

from ..chord import QUALITIES, Chord
from ..key import Key
from ..pitch import class_to_name

PHRASE = 4
"""Sections begin at every fourth bar."""

LONGEST_CHORD = 2
"""Bars in a row that a chord's root may stay."""

FIRST_SECTIONS = ("intro", "verse", "A", "theme")

FOLLOWING_SECTIONS: dict[str, tuple[str, ...]] = {
    "intro": ("verse", "A", "theme", "chorus"),
    "verse": ("chorus", "pre-chorus", "verse", "bridge"),
    "pre-chorus": ("chorus",),
    "chorus": ("verse", "bridge", "solo", "outro", "chorus"),
    "bridge": ("chorus", "verse"),
    "solo": ("chorus", "verse", "bridge"),
    "theme": ("B", "bridge", "theme"),
    "outro": (),
    "A": ("B", "A"),
    "B": ("A", "C"),
    "C": ("A",),
}
"""Form: section -> what may come after it."""

_LONGEST_SECTION = {"intro": 4, "pre-chorus": 4}
_USUAL_LONGEST = 8

COMMON_QUALITIES = (
    "maj", "min", "7", "maj7", "min7", "sus4", "sus2", "sus4(b7)", "maj6", "min6", "dim", "hdim7",
    "dim7", "maj(9)", "9", "maj9", "min9",
)  # fmt: skip
"""Chords that the model may write."""
_DOMINANTS = ("maj", "7")
_CADENCE_DEGREES = (2, 5, 7, 10)
"""Semitones above the tonic of roots that lead home: ii, IV, V, flat VII."""


_UNCHANGED = {"chorus": 0.7}
_USUALLY_UNCHANGED = 0.3


def returns_unchanged(label: str) -> float:
    """How often a section that comes back has the notes it had; else it keeps its chords alone.

    Conventions of songs; in the training pieces it is 0.16 (`benchmarks/section_returns.py`).
    """
    return _UNCHANGED.get(label, _USUALLY_UNCHANGED)


def longest_section(label: str) -> int:
    """Most bars of a section that the model writes."""
    return _LONGEST_SECTION.get(label, _USUAL_LONGEST)


def next_sections(label: str, left: int) -> tuple[str, ...]:
    """Sections that may follow; `left`: bars to the end of the piece, this section's included.

    The last stretch of a piece is never one that asks for another (a pre-chorus), and nothing
    follows an outro: it goes on to the end.
    """
    found = FOLLOWING_SECTIONS.get(label, ("chorus", "A"))
    if left > _USUAL_LONGEST:
        found = tuple(name for name in found if name != "outro")
    else:
        found = tuple(name for name in found if name != "pre-chorus")
    return found


@lru_cache(maxsize=64)
def chords_of_key(key: Key) -> dict[int, tuple[str, ...]]:
    """Root class -> qualities that a key's music may have: its own chords and applied dominants."""
    found: dict[int, tuple[str, ...]] = {}
    for root in range(12):
        names = tuple(
            quality
            for quality in QUALITIES
            if quality in COMMON_QUALITIES
            and (_belongs(key, root, quality) or resolution(key, root, quality) is not None)
        )
        if names:
            found[root] = names
    return found


@lru_cache(maxsize=64)
def cadence_chords(key: Key) -> dict[int, tuple[str, ...]]:
    """Root class -> qualities of the chord before the last; the fifth has the leading tone."""
    leading = (key.tonic_class + 11) % 12
    found: dict[int, tuple[str, ...]] = {}
    for step in _CADENCE_DEGREES:
        root = (key.tonic_class + step) % 12
        names = tuple(
            quality
            for quality in chords_of_key(key).get(root, ())
            if resolution(key, root, quality) is None
            and (step != 7 or leading in Chord(class_to_name(root), quality).classes)
        )
        if names:
            found[root] = names
    return found


@lru_cache(maxsize=1024)
def resolution(key: Key, root: int, quality: str) -> int | None:
    """Root class that an applied dominant must go to; None for any other chord.

    An applied dominant is a major triad or seventh chord from outside the key, a fifth above a
    degree that carries a major or minor triad. On the tonic only the seventh chord sounds as one:
    the triad would be the tonic of the other mode.
    """
    if quality not in _DOMINANTS or root not in key.scale or _belongs(key, root, quality):
        return None
    if root == key.tonic_class and quality == "maj":
        return None
    goal = (root + 5) % 12
    stable = (goal + 7) % 12 in key.scale and {(goal + 3) % 12, (goal + 4) % 12} & set(key.scale)
    return goal if goal in key.scale and stable else None


def _belongs(key: Key, root: int, quality: str) -> bool:
    """Whether a chord is a key's own.

    Its tones lie in the scale; in minor the fifth degree may have the leading tone, which also
    carries diminished chords, and the fourth degree may be major; in major the fourth may be minor,
    and the seventh degree flat and major.
    """
    tones = set(Chord(class_to_name(root), quality).classes)
    step, scale = (root - key.tonic_class) % 12, set(key.scale)
    if tones <= scale:
        return True
    if key.mode == "minor":
        raised = {5: 9, 7: 11, 11: 11}.get(step)
        return raised is not None and tones <= scale | {(key.tonic_class + raised) % 12}
    return key.mode == "major" and (step, quality) in ((10, "maj"), (5, "min"))
