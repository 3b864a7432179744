"""Chord progressions as people write them: text to chords per bar, and back.

Without bar lines each word is one bar: ``Am F C G``. With bar lines a bar may hold several chords:
``Am | F C | G . . D7 | %``. They share the bar by its beats, ``.`` lets the chord before go on for
one share, and ``%`` repeats the bar before. ``D7@4.5`` names the beat on which a chord begins.
``{Dm F}`` leaves the choice among chords to the model. A progression shorter than its section is
cycled.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
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

Meters = Meter | Sequence[Meter]
"""The meter of all bars, or of each."""
Keys = Key | Sequence[Key | None] | None
"""The key of all bars, or of each."""

HOLD, REPEAT = ".", "%"
MAX_TEXT = 200_000
"""Most characters of one progression."""

_WORD = re.compile(r"(?:\([^()|]*\)|\{[^{}|]*\}|[^\s|])+")
_CHOICE = re.compile(r"\{([^{}]*)\}")
_PLACED = re.compile(r"(.+)@(\d{1,2}(?:\.\d{1,6})?)")
_BAR_LINE = re.compile(r"\|+")


def parse_progression(
    text: str | Mapping[int, str],
    bars: int,
    meter: Meters,
    key: Keys = None,
    *,
    cut: bool = False,
) -> Bars:
    """Chords for each of `bars` bars.

    text: a progression, cycled until the bars are full (the last turn may be cut short); or a
    mapping of bar numbers, counted from 1, to the chords of that one bar, where the chord before
    goes on through the bars left out. A progression that starts with ``.`` goes on with the chord
    before its section. key: what Roman numerals refer to, each in its own bar; symbols need none.
    cut: leave off the chords of a progression that is too long. Raises `PlanError` naming the
    symbol and its bar, or the bars there is no room for.

    >>> [[(at.tick, str(at.chord)) for at in bar]
    ...  for bar in parse_progression("Am | F C | G . . D7", 3, Meter(4, 4))]
    [[(0, 'Am')], [(0, 'F'), (24, 'C')], [(0, 'G'), (36, 'D7')]]
    """
    meters = [meter] * bars if isinstance(meter, Meter) else list(meter)
    keys = [key] * bars if key is None or isinstance(key, Key) else list(key)
    reader = _Reader(meters, keys)
    if isinstance(text, Mapping):
        return _from_mapping(text, bars, reader)
    written = _split(text)
    if len(written) > bars and not cut:
        extra = " | ".join(" ".join(words) for words in written[bars : bars + 4])
        more = " and so on" if len(written) > bars + 4 or len(extra) > 80 else ""
        raise PlanError(
            f"the chords fill {counted(len(written), 'bar')}, the section has {bars}; no room for "
            f"bar {bars + 1} on: {extra[:80]}{more}; add bars or leave these chords out"
        )
    return tuple(reader.bar(written[bar % len(written)], bar + 1) for bar in range(bars))


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


def progression_text(chords: Bars, meter: Meters) -> str:
    """Text that `parse_progression` reads back as these chords for as many bars.

    A progression that cycles is written once.

    >>> progression_text(parse_progression("C . F | G", 8, Meter(3, 4)), Meter(3, 4))
    'C . F | G'
    """
    meters = [meter] * len(chords) if isinstance(meter, Meter) else list(meter)
    words = [_bar_words(bar, one) for bar, one in zip(chords, meters, strict=True)]
    words = words[: _period(words)]
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


class _Reader:
    """Reads the chords of one bar after another; remembers them, since a progression cycles."""

    def __init__(self, meters: Sequence[Meter], keys: Sequence[Key | None]) -> None:
        self.meters, self.keys = meters, keys
        self._known: dict[tuple[tuple[str, ...], Meter, Key | None], tuple[ChordAt, ...]] = {}
        self._before: tuple[tuple[str, ...], Key | None] | None = None

    def bar(self, words: tuple[str, ...], number: int) -> tuple[ChordAt, ...]:
        """The chords of a bar, counted from 1."""
        meter, key = self.meters[number - 1], self.keys[number - 1]
        if words == (REPEAT,):
            if self._before is None:
                raise PlanError(f"bar {number}: '%' repeats the bar before, but there is none")
            words, key = self._before
        self._before = (words, key)
        found = self._known.get((words, meter, key))
        if found is None:
            found = self._known[words, meter, key] = _read_bar(words, number, meter, key)
        return found


def _read_bar(
    words: Sequence[str], number: int, meter: Meter, key: Key | None
) -> tuple[ChordAt, ...]:
    if not words:
        raise PlanError(
            f"bar {number} is empty; write '%' to repeat the bar before or '.' to let its chord "
            "go on"
        )
    if any(_PLACED.fullmatch(word) for word in words):
        return _read_placed(words, number, meter, key)
    onsets = slot_onsets(len(words), meter)
    if onsets is None:
        allowed = [str(n) for n in range(1, meter.ticks + 1) if slot_onsets(n, meter)]
        more = " and so on" if len(allowed) > 4 else ""
        raise PlanError(
            f"bar {number}: {counted(len(words), 'chord')} cannot share a bar of {meter} evenly; "
            f"allowed: {', '.join(allowed[:4])}{more}; fill up with '.' (the chord before goes on)"
            ", or say the beats, like F C@2.5 G@4"
        )
    return tuple(
        _read_word(word, onset, number, key)
        for onset, word in zip(onsets, words, strict=True)
        if word != HOLD
    )


def _read_placed(
    words: Sequence[str], number: int, meter: Meter, key: Key | None
) -> tuple[ChordAt, ...]:
    """The chords of a bar that says on which beats they begin."""
    found: list[ChordAt] = []
    for word in words:
        match = _PLACED.fullmatch(word)
        if match is None and found:
            raise PlanError(
                f"bar {number}: {word[:40]!r} does not say its beat, but others do; write it "
                f"like {word[:40]}@3"
            )
        tick = 0 if match is None else _beat_tick(match[2], number, meter)
        if found and tick <= found[-1].tick:
            raise PlanError(f"bar {number}: {word[:40]!r} does not come after the chord before it")
        if word != HOLD:
            found.append(_read_word(match[1] if match else word, tick, number, key))
    return tuple(found)


def _beat_tick(text: str, number: int, meter: Meter) -> int:
    """The tick of a beat, counted from 1; its parts are parts of that beat."""
    place = Fraction(text) - 1
    whole = int(place // 1)
    ends = (*meter.beats[1:], meter.ticks)
    if not 0 <= whole < len(ends):
        raise PlanError(
            f"bar {number}: there is no beat {text} in a bar of {meter}; it has {len(ends)}"
        )
    tick = meter.beats[whole] + place % 1 * (ends[whole] - meter.beats[whole])
    if tick.denominator != 1:
        raise PlanError(f"bar {number}: beat {text} falls between the ticks (12 in a quarter note)")
    return int(tick)


def _read_word(word: str, tick: int, number: int, key: Key | None) -> ChordAt:
    choice = _CHOICE.fullmatch(word)
    if choice is None:
        return ChordAt(tick, _read_chord(word, number, key))
    words = _words(choice[1].replace(",", " "))
    if not words:
        raise PlanError(f"bar {number}: {word!r} names no chords; write them like {{Dm F}}")
    first, *others = dict.fromkeys(_read_chord(one, number, key) for one in words)
    return ChordAt(tick, first, tuple(others))


def _read_chord(word: str, number: int, key: Key | None) -> Chord:
    if word == HOLD:
        raise PlanError(f"bar {number}: '.' stands where a chord is named; name the chord again")
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


def _from_mapping(text: Mapping[int, str], bars: int, reader: _Reader) -> Bars:
    chords: list[tuple[ChordAt, ...]] = []
    for number, written in sorted(text.items()):
        if not 1 <= number <= bars:
            raise PlanError(
                f"chord in a bar that does not exist: bar {number} ({written[:40]}); "
                f"allowed: 1 to {bars}"
            )
        if "|" in written:
            raise PlanError(
                f"bar {number}: {written[:40]!r} has bar lines; give each bar its own number"
            )
        chords += [reader.bar((HOLD,), bar) for bar in range(len(chords) + 1, number)]
        chords.append(reader.bar(_words(written), number))
    return tuple(chords) + ((),) * (bars - len(chords))


def _period(chords: Sequence[Sequence[str]]) -> int:
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
    at = {chord.tick: _chord_word(chord) for chord in bar}
    for slots in range(1, meter.ticks + 1):
        onsets = slot_onsets(slots, meter)
        if onsets and set(at) <= set(onsets):
            return [at.get(onset, HOLD) for onset in onsets]
    raise PlanError(f"a chord lies outside its {meter} bar")


def _chord_word(at: ChordAt) -> str:
    return f"{{{' '.join(map(str, at.options))}}}" if at.others else str(at.chord)
