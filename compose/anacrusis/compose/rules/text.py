"""Rules as text: ``melody, flute: leap 7 in bars 1-8``."""

import re
from collections.abc import Callable, Iterable

from ..errors import AnacrusisError, PlanError
from ..wording import did_you_mean, shortened
from .base import Rule, Wish
from .counterpoint import NoCrossing, NoParallels, Spacing
from .drums import DrumPattern
from .dynamics import Dynamics
from .harmony import RELATIONS, Cadence, Modulation
from .line import Breath, Contour, Leap, Melody
from .pitches import Avoid, Only, Range, Require, Scale, Tessitura
from .rhythm import Grid, Onsets, Rhythm, Silent
from .texture import Doubling, Playable, Voices
from .words import BEFORE_PLACE, DASH, TO, colons, split_names, split_words, unquoted

MAX_TEXT = 4000
"""Most characters of a rule's text."""
_PITCH = r"[A-Ga-g](?:##|#|x|bb|b|[♯♭𝄪𝄫])?-?\d|\d{1,3}"
_NUMBER = r"\d{1,4}(?:\.\d{0,30})?"


def _unread(text: str, wanted: str) -> PlanError:
    return PlanError(f"{text[:60]!r} cannot be read; write {wanted}" if text else f"write {wanted}")


def _pitches(text: str) -> tuple[str, str]:
    match = re.fullmatch(rf"({_PITCH})\s*{TO}\s*({_PITCH})", text)
    if not match:
        raise _unread(text, "the lowest and the highest, like C4-A5")
    return match[1], match[2]


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise _unread(text, "a whole number, like 7")
    return int(text)


def _counts(text: str) -> tuple[int, ...]:
    """``3``, ``2-6``, or ``2-`` without an upper end."""
    match = re.fullmatch(rf"(\d{{1,3}})(?:\s*({TO})\s*(\d{{1,3}})?)?", text)
    if not match:
        raise _unread(text, "a number, or the fewest and the most, like 2-6")
    if match[3]:
        return int(match[1]), int(match[3])
    return (int(match[1]),) if match[2] else (int(match[1]), int(match[1]))


def _number(text: str) -> float:
    if not re.fullmatch(_NUMBER, text):
        raise _unread(text, "a number, like 8")
    return float(text)


def _scale(text: str) -> tuple[str, str]:
    tonic, _, name = text.partition(" ")
    return tonic, name.lower() or "major"


def _doubling(text: str) -> tuple[str, int]:
    match = re.fullmatch(rf"(.*\S)\s+(\+|{DASH})(\d{{1,3}})", text)
    if not match:
        return unquoted(text), 0
    return unquoted(match[1]), int(match[3]) * (1 if match[2] == "+" else -1)


def _dynamics(text: str) -> tuple[str, ...]:
    match = re.fullmatch(rf"(\w+)\s*(?:{TO}|[<>])\s*(\w+)", text.lower())
    return (match[1], match[2]) if match else (text.lower(),)


def _modulation(text: str) -> tuple[str, str]:
    pattern = r"(?:to\s+)?(?:the\s+)?(.*?)(?:\s+by\s+(\w+))?"
    match = re.fullmatch(pattern, text, re.IGNORECASE)
    assert match  # its parts may be empty
    key = match[1].lower() if match[1].lower() in RELATIONS else match[1]
    return key, (match[2] or "direct").lower()


def _one(text: str) -> tuple[str]:
    return (text,)


def _word(text: str) -> tuple[str]:
    return (text.lower(),)


def _nothing(text: str) -> tuple[()]:
    if text:
        raise PlanError(f"{text[:60]!r} is not understood; only a place may follow this rule")
    return ()


_READ: dict[type[Rule], Callable[[str], tuple[object, ...]]] = {
    Cadence: lambda text: _word(text) if text else (), Modulation: _modulation, Range: _pitches,
    Tessitura: _pitches, Only: _one, Avoid: _one, Scale: _scale, Require: _one, Onsets: _counts,
    Grid: _one, Rhythm: _one, Silent: _nothing, Leap: lambda text: (_whole(text),), Contour: _word,
    Melody: _one, Breath: lambda text: (_number(text),), Voices: _counts, Playable: _nothing,
    Doubling: _doubling, NoParallels: _nothing, NoCrossing: _nothing,
    Spacing: lambda text: (_whole(text),) if text else (), DrumPattern: _word, Dynamics: _dynamics,
}  # fmt: skip
_KINDS = {tuple(kind.word.split()): kind for kind in _READ}


def parse_rule(text: str, about: str | None = None) -> Rule:
    """Read a rule: ``[TRACKS:] RULE [VALUES] [in PLACE]``.

    TRACKS: names with commas, or ``all``; left out, all. PLACE: ``bar 5``, ``bars 5-8``, or a
    section. A name that would be misread (with a comma or a colon, or a section called ``bar 5``)
    stands in quotes. about: the track of a rule that names none itself. Undoes `str(rule)`. Raises
    `PlanError` that names what is not understood.

    >>> parse_rule("melody: leap 7 in bars 1-8")
    Leap(tracks=('melody',), where=Bars(first=1, last=8), semitones=7)
    >>> str(parse_rule("cadence half in bar 8"))
    'cadence half in bar 8'
    """
    rule, weight = _read("rule", text, about)
    if weight is not None:
        raise PlanError(
            f"rule {shortened(text)}: a weight belongs to a wish; state it as one (prefer), or "
            "leave the weight out"
        )
    return rule


def parse_wish(text: str, about: str | None = None) -> Wish:
    """Read a rule that is preferred: its text, and ``weight 3`` behind where it is not 2.

    >>> parse_wish("melody: leap 5 weight 3").weight
    3.0
    """
    rule, weight = _read("wish", text, about)
    return Wish(rule) if weight is None else Wish(rule, weight)


def read_rules(given: str | Rule | Iterable[str | Rule]) -> tuple[Rule, ...]:
    """Rules of texts, or of rules as they are; one alone needs no list."""
    if isinstance(given, str | Rule):
        given = (given,)
    if not isinstance(given, Iterable):
        raise PlanError(f"rules is {given!r:.60}; write texts like 'melody: leap 7', or rules")
    return tuple(rule if isinstance(rule, Rule) else parse_rule(rule) for rule in given)


def read_wishes(given: str | Wish | Iterable[str | Wish]) -> tuple[Wish, ...]:
    """Wishes of texts, or of wishes as they are; one alone needs no list."""
    if isinstance(given, str | Wish):
        given = (given,)
    if not isinstance(given, Iterable):
        raise PlanError(f"prefer is {given!r:.60}; write texts like 'melody: leap 5', or wishes")
    return tuple(wish if isinstance(wish, Wish) else parse_wish(wish) for wish in given)


def _read(what: str, text: str, about: str | None) -> tuple[Rule, float | None]:
    if not isinstance(text, str):
        raise PlanError(f"{what} is {text!r:.60}; write it as text, like melody: leap 7")
    if len(text) > MAX_TEXT:
        raise PlanError(
            f"{what} {shortened(text)} has {len(text)} characters; allowed: up to {MAX_TEXT}"
        )
    try:
        return _parse(text, about)
    except AnacrusisError as error:
        raise PlanError(f"{what} {shortened(text)}: {error}") from error


def _parse(text: str, about: str | None) -> tuple[Rule, float | None]:
    named, words = _tracks_and_words(text)
    kind = _kind(words)
    if kind is None:
        raise PlanError(_no_rule(words))
    if about is not None and named is not None:
        raise PlanError(f"it stands with {about!r} and is about that track; leave the names out")
    if named is not None and not split_names(named):
        raise PlanError("no track is named before the colon; write names with commas, or all")
    words, weight = _without_weight(words[len(kind.word.split()) :])
    places = [i for i, word in enumerate(words) if word.lower() in BEFORE_PLACE]
    end = places[0] if places else len(words)
    return kind(
        *_READ[kind](" ".join(words[:end])),
        tracks=named or (() if about is None else (about,)),
        where=" ".join(words[end + 1 :]) if places else None,
    ), weight


def _tracks_and_words(text: str) -> tuple[str | None, list[str]]:
    """The text of the tracks, where there is one, and the words of the rule.

    A colon ends the tracks if a rule follows it: ``a:b: leap 7`` is about the track ``a:b``.
    """
    cuts = colons(text)
    for colon in cuts:
        words = split_words(text[colon + 1 :])
        if _kind(words):
            return text[:colon].strip(), words
    words = split_words(text)
    if _kind(words) or not cuts:
        return None, words
    return text[: cuts[0]].strip(), split_words(text[cuts[0] + 1 :])


def _kind(words: list[str]) -> type[Rule] | None:
    """The rule whose name the first words are."""
    lower = tuple(word.lower() for word in words[:2])
    return _KINDS.get(lower) or _KINDS.get(lower[:1])


def _no_rule(words: list[str]) -> str:
    """What to say of words that begin with no rule."""
    known = sorted(kind.word for kind in _READ)
    if not words:
        return f"no rule is stated; rules: {', '.join(known)}"
    hint = did_you_mean(" ".join(words[:2]), known) or did_you_mean(words[0], known)
    for start in range(1, min(len(words), 20)):
        if not hint and _kind(words[start:]):
            hint = f"is a colon missing after {' '.join(words[:start])!r:.60}? "
    return f"there is no rule {words[0]!r:.60}; {hint}rules: {', '.join(known)}"


def _without_weight(words: list[str]) -> tuple[list[str], float | None]:
    """The words without ``weight 3``, and the weight."""
    at = next((i for i, word in enumerate(words) if word.lower() == "weight"), None)
    if at is None:
        return words, None
    number = " ".join(words[at + 1 : at + 2])
    if not re.fullmatch(_NUMBER, number):
        raise _unread(f"weight {number}", "a number, like weight 3")
    return [*words[:at], *words[at + 2 :]], float(number)
