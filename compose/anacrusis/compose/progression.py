"""Chord progressions as people write them: text to chords per bar, and back.

Without bar lines each word is one bar: ``Am F C G``. With bar lines a bar may hold several chords:
``Am | F C | G . . D7 | %``. They share the bar by its beats, ``.`` lets the chord before go on for
one share, and ``%`` repeats the bar before. A progression shorter than its section is cycled.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from .chord import Chord
from .errors import PlanError, SymbolError
from .key import Key
from .meter import Meter
from .plan import ChordAt
from .roman import looks_roman, roman_to_chord
from .wording import counted

Bars = tuple[tuple[ChordAt, ...], ...]
"""Chords per bar: one entry per bar, each with the chords that start in it."""

HOLD, REPEAT = ".", "%"
MAX_TEXT = 200_000
"""Most characters of one progression."""

_WORD = re.compile(r"(?:\([^()|]*\)|[^\s|])+")
_BAR_LINE = re.compile(r"\|+")


def parse_progression(
    text: str | Mapping[int, str],
    bars: int,
    meter: Meter,
    key: Key | None = None,
    *,
    cut: bool = False,
) -> Bars:
    """Chords for each of `bars` bars of `meter`.

    text: a progression, cycled until the bars are full (the last turn may be cut short); or a
    mapping of bar numbers, counted from 1, to the chords of that one bar, where the chord before
    goes on through the bars left out. A progression that starts with ``.`` goes on with the chord
    before its section. key: what Roman numerals refer to; symbols need none. cut: leave off the
    chords of a progression that is too long. Raises `PlanError` naming the symbol and its bar, or
    the bars there is no room for.

    >>> [[(at.tick, str(at.chord)) for at in bar]
    ...  for bar in parse_progression("Am | F C | G . . D7", 3, Meter(4, 4))]
    [[(0, 'Am')], [(0, 'F'), (24, 'C')], [(0, 'G'), (36, 'D7')]]
    """
    if isinstance(text, Mapping):
        return _from_mapping(text, bars, meter, key)
    written = _split(text)
    if len(written) > bars and not cut:
        extra = " | ".join(" ".join(words) for words in written[bars : bars + 4])
        more = " and so on" if len(written) > bars + 4 or len(extra) > 80 else ""
        raise PlanError(
            f"the chords fill {counted(len(written), 'bar')}, the section has {bars}; no room for "
            f"bar {bars + 1} on: {extra[:80]}{more}; add bars or leave these chords out"
        )
    once = _read(written[:bars], meter, key)
    return tuple(once[bar % len(once)] for bar in range(bars))


def count_bars(text: str) -> int:
    """Number of bars that a progression spells out before it cycles."""
    return len(_split(text))


def slot_onsets(slots: int, meter: Meter) -> tuple[int, ...] | None:
    """Ticks at which `slots` equal shares of a bar start; None where the bar does not divide so.

    Whole beats if they divide; the strong beats of an uneven bar (3+2 quarters in 5/4); else equal
    numbers of units (6 eighths in 6/8), or equal parts of a unit.

    >>> slot_onsets(2, Meter(5, 4)), slot_onsets(3, Meter(7, 8)), slot_onsets(3, Meter(4, 4))
    ((0, 36), (0, 12, 24), None)
    """
    if slots < 1:
        return None
    if len(meter.beats) % slots == 0:
        return meter.beats[:: len(meter.beats) // slots]
    if slots == len(meter.strong):
        return meter.strong
    units = meter.numerator % slots == 0 or slots % meter.numerator == 0
    if units and meter.ticks % slots == 0:
        return tuple(range(0, meter.ticks, meter.ticks // slots))
    return None


def progression_text(chords: Bars, meter: Meter) -> str:
    """Text that `parse_progression` reads back as these chords for as many bars.

    A progression that cycles is written once.

    >>> progression_text(parse_progression("C . F | G", 8, Meter(3, 4)), Meter(3, 4))
    'C . F | G'
    """
    once = chords[: _period(chords)]
    words = [_bar_words(bar, meter) for bar in once]
    if all(len(bar) == 1 for bar in words):
        return " ".join(bar[0] for bar in words)
    joined = " | ".join(" ".join(bar) for bar in words)
    return joined if len(words) > 1 else f"| {joined} |"


@lru_cache(maxsize=8)
def _split(text: str) -> tuple[tuple[str, ...], ...]:
    """Words of each bar."""
    if len(text) > MAX_TEXT:
        raise PlanError(f"the chords are {len(text)} characters long; allowed: up to {MAX_TEXT}")
    written: list[tuple[str, ...]] = []
    if "|" not in text:
        written = [(word,) for word in _words(text)]
    else:
        for line in text.splitlines():
            if not line.strip():
                continue
            groups = _BAR_LINE.split(line)
            groups = groups[not groups[0].strip() :]
            groups = groups[: len(groups) - (bool(groups) and not groups[-1].strip())]
            written += [_words(group) for group in groups]
    if not written:
        raise PlanError("the chords are empty; write them like Am F C G, or leave them out")
    return tuple(written)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.rstrip(",;") or word for word in _WORD.findall(text))


def _read(written: Sequence[Sequence[str]], meter: Meter, key: Key | None) -> Bars:
    bars: list[tuple[ChordAt, ...]] = []
    for number, words in enumerate(written, start=1):
        if words == (REPEAT,):
            if not bars:
                raise PlanError(f"bar {number}: '%' repeats the bar before, but there is none")
            bars.append(bars[-1])
        else:
            bars.append(_read_bar(words, number, meter, key))
    return tuple(bars)


def _read_bar(
    words: Sequence[str], number: int, meter: Meter, key: Key | None
) -> tuple[ChordAt, ...]:
    if not words:
        raise PlanError(
            f"bar {number} is empty; write '%' to repeat the bar before or '.' to let its chord "
            "go on"
        )
    onsets = slot_onsets(len(words), meter)
    if onsets is None:
        allowed = [str(n) for n in range(1, meter.ticks + 1) if slot_onsets(n, meter)]
        more = " and so on" if len(allowed) > 4 else ""
        raise PlanError(
            f"bar {number}: {counted(len(words), 'chord')} cannot share a bar of {meter} evenly; "
            f"allowed: {', '.join(allowed[:4])}{more}; fill up with '.' (the chord before goes on)"
        )
    return tuple(
        ChordAt(onset, _read_word(word, number, key))
        for onset, word in zip(onsets, words, strict=True)
        if word != HOLD
    )


def _read_word(word: str, number: int, key: Key | None) -> Chord:
    if word == REPEAT:
        raise PlanError(f"bar {number}: '%' repeats a whole bar, so it must stand alone in its bar")
    try:
        if not looks_roman(word):
            return Chord.parse(word)
        if key is not None:
            return roman_to_chord(word, key)
    except SymbolError as error:
        raise PlanError(f"bar {number}: {error}") from error
    raise PlanError(
        f"bar {number}: the Roman numeral {word[:40]!r} needs a key; state one, like C major"
    )


def _from_mapping(text: Mapping[int, str], bars: int, meter: Meter, key: Key | None) -> Bars:
    chords: list[tuple[ChordAt, ...]] = [()] * bars
    for number, written in sorted(text.items()):
        if not 1 <= number <= bars:
            raise PlanError(
                f"chord in a bar that does not exist: bar {number} ({written[:40]}); "
                f"allowed: 1 to {bars}"
            )
        words = _words(written)
        if "|" in written:
            raise PlanError(
                f"bar {number}: {written[:40]!r} has bar lines; give each bar its own number"
            )
        if words == (REPEAT,):
            if number == 1:
                raise PlanError("bar 1: '%' repeats the bar before, but there is none")
            chords[number - 1] = chords[number - 2]
        else:
            chords[number - 1] = _read_bar(words, number, meter, key)
    return tuple(chords)


def _period(chords: Bars) -> int:
    """Bars after which the progression starts again (its length where it never does)."""
    # Longest proper border by the prefix function of Knuth, Morris and Pratt (1977).
    border = [0] * len(chords)
    for index in range(1, len(chords)):
        length = border[index - 1]
        while length and chords[index] != chords[length]:
            length = border[length - 1]
        border[index] = length + (chords[index] == chords[length])
    return len(chords) - (border[-1] if border else 0)


def _bar_words(bar: Sequence[ChordAt], meter: Meter) -> list[str]:
    at = {chord.tick: str(chord.chord) for chord in bar}
    for slots in range(1, meter.ticks + 1):
        onsets = slot_onsets(slots, meter)
        if onsets and set(at) <= set(onsets):
            return [at.get(onset, HOLD) for onset in onsets]
    raise PlanError(f"a chord lies outside its {meter} bar")
