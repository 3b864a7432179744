"""What form and harmony the model may write where a plan leaves them open.

Tables of common practice, as masks over what is sampled: which section follows which, which chords
belong to a key, how long a chord may stay. Within them the model chooses.
"""

from functools import lru_cache

from ..chord import QUALITIES, Chord
from ..constraints.harmony import scale_classes
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

_COMMON_QUALITIES = (
    "maj", "min", "7", "maj7", "min7", "sus4", "sus2", "sus4(b7)", "maj6", "min6", "dim", "hdim7",
    "dim7", "maj(9)", "9", "maj9", "min9",
)  # fmt: skip
_DOMINANTS = ("maj", "7")
_CADENCE_DEGREES = (2, 5, 7, 10)
"""Semitones above the tonic of roots that lead home: ii, IV, V, flat VII."""


def longest_section(label: str) -> int:
    """Most bars of a section that the model writes."""
    return _LONGEST_SECTION.get(label, _USUAL_LONGEST)


def next_sections(label: str, left: int) -> tuple[str, ...]:
    """Sections that may follow; `left`: bars to the end of the piece, this section's included.

    The last stretch of a piece is never one that asks for another (a pre-chorus).
    """
    found = FOLLOWING_SECTIONS.get(label) or ("chorus", "A")
    if left > _USUAL_LONGEST:
        found = tuple(name for name in found if name != "outro")
    else:
        found = tuple(name for name in found if name != "pre-chorus")
    return found or ("chorus",)


@lru_cache(maxsize=64)
def chords_of_key(key: Key) -> dict[int, tuple[str, ...]]:
    """Root class -> qualities that belong to a key.

    Those whose tones lie in its scale (in minor also with raised sixth and seventh), dominants of
    its degrees, and in major the flat seventh and the minor fourth.
    """
    scale = set(scale_classes(key))
    fifth_of = {(degree + 7) % 12 for degree in key.scale}
    found: dict[int, tuple[str, ...]] = {}
    for root in range(12):
        names = []
        for quality in QUALITIES:
            if quality not in _COMMON_QUALITIES:
                continue
            inside = set(Chord(class_to_name(root), quality).classes) <= scale
            dominant = quality in _DOMINANTS and root in fifth_of and root in scale
            step = (root - key.tonic_class) % 12
            borrowed = key.mode == "major" and (step, quality) in ((10, "maj"), (5, "min"))
            if inside or dominant or borrowed:
                names.append(quality)
        if names:
            found[root] = tuple(names)
    return found


def cadence_roots(key: Key) -> tuple[int, ...]:
    """Root classes of the chord before the last: those that lead to the tonic and fit the key."""
    roots = ((key.tonic_class + step) % 12 for step in _CADENCE_DEGREES)
    return tuple(root for root in roots if root in chords_of_key(key))
