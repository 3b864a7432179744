"""What hands can play: two hands at a keyboard, frets and strings, bows, and one breath."""

from collections.abc import Iterator

from ...rules.texture import Playable
from ..planned import Finding
from ..report import named
from .line import long_breaths
from .span import Span

FINGERS, HAND = 5, 16
"""Of one hand at a keyboard: most keys at once, and semitones from the lowest to the highest."""
FRETS, REACH = 22, 4
"""Of a fretted string: its highest fret, and how far fingers spread."""
GUITAR = (40, 45, 50, 55, 59, 64)
BASS = (28, 33, 38, 43)
BOWED = {
    40: (55, 62, 69, 76),
    41: (48, 55, 62, 69),
    42: (36, 43, 50, 57),
    43: (28, 33, 38, 43),
    110: (55, 62, 69, 76),
}
"""Program -> open strings, as MIDI numbers from the lowest."""
ALONG, BETWEEN = 24, 5
"""Of a bowed string: semitones above it that are played, and how far a double stop spreads."""
LUNG = 24
"""Longest stretch in one breath, in quarter notes."""


def unplayable(rule: Playable, span: Span) -> Iterator[Finding]:
    """Onsets at which what sounds cannot be played on the track's instrument."""
    for track in span.tracks:
        for tick, notes in span.strikes(track):
            if not can_be_played(track.program, sorted({note.pitch for note in notes})):
                message = f"{named(notes)} cannot be played at once by {track.instrument}"
                yield span.broken(tick, track, message, notes)
    yield from long_breaths(LUNG, span, [t for t in span.tracks if _is_blown(t.program)])


def _is_blown(program: int) -> bool:
    return 52 <= program <= 54 or 56 <= program <= 79


def can_be_played(program: int, pitches: list[int]) -> bool:
    """Whether an instrument (General MIDI program) can play some pitches together.

    pitches: MIDI numbers, different and ascending.
    """
    if _is_blown(program):
        return len(pitches) <= 1
    if 0 <= program <= 23:
        return _two_hands(pitches)
    if 24 <= program <= 39:
        return _fretted(pitches, GUITAR if program <= 31 else BASS)
    if program in BOWED:
        return _bowed(pitches, BOWED[program])
    return True


def _two_hands(pitches: list[int]) -> bool:
    """The left hand takes all it can from below; the right must manage what is left."""
    left = [pitch for pitch in pitches[:FINGERS] if pitch - pitches[0] <= HAND]
    right = pitches[len(left) :]
    return not right or (len(right) <= FINGERS and right[-1] - right[0] <= HAND)


def _fretted(pitches: list[int], strings: tuple[int, ...]) -> bool:
    """Whether there is a position of the hand in which each pitch finds a string of its own."""
    for lowest in range(1, FRETS - REACH + 1):
        frets = (0, *range(lowest, lowest + REACH + 1))
        choices = [[s for s, tone in enumerate(strings) if p - tone in frets] for p in pitches]
        if _matched(choices):
            return True
    return False


def _matched(choices: list[list[int]]) -> bool:
    """Whether each row can have one of its choices to itself (Kuhn's augmenting paths)."""
    owner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for choice in choices[row]:
            if choice not in tried:
                tried.add(choice)
                if choice not in owner or place(owner[choice], tried):
                    owner[choice] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(choices)))


def _bowed(pitches: list[int], strings: tuple[int, ...]) -> bool:
    places = [[pitch - tone for tone in strings] for pitch in pitches]
    if len(pitches) <= 1:
        return all(any(0 <= place <= ALONG for place in row) for row in places)
    if len(pitches) > 2:
        return False
    neighbours = [(s, s + 1) for s in range(len(strings) - 1)]
    for one, other in neighbours + [pair[::-1] for pair in neighbours]:
        stop = places[0][one], places[1][other]
        reached = all(0 <= place <= ALONG for place in stop)
        if reached and (0 in stop or abs(stop[0] - stop[1]) <= BETWEEN):
            return True
    return False
