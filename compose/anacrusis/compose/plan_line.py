"""A plan in one line: chords and a few options, as the command line takes them."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from .bounds import is_whole
from .errors import PlanError, SymbolError
from .instruments import GM_NAMES, ROLES, parse_instrument, program_range, role_of_instrument
from .key import Key
from .meter import TICKS_PER_QUARTER, Meter
from .plan import MAX_BARS, Plan, SectionPlan, TrackPlan
from .plan_bars import bar_plans
from .plan_length import adjusted_tempo, bars_of_length, parse_length
from .plan_values import variation
from .progression import count_bars, parse_progression
from .rules.base import Rule, Wish
from .rules.text import read_rules, read_wishes
from .wording import counted

DEFAULT_BARS = 16
DEFAULT_TRACKS = ("melody", "piano", "bass", "drums")
MAX_WORDS = 200
_COMMA = re.compile(r",(?![^()]*\))")
"""Commas between words, not those in brackets, as of a variation."""


def plan_from_line(
    chords: str | None = None,
    *,
    bars: int | None = None,
    tempo: float | None = None,
    meter: str = "4/4",
    key: str | None = None,
    tracks: str | Sequence[str] | None = None,
    style: str = "game",
    seed: int = 0,
    title: str = "Untitled",
    swing: float = 0.5,
    pickup: str | None = None,
    sections: str | None = None,
    length: str | float | None = None,
    rules: str | Rule | Iterable[str | Rule] = (),
    prefer: str | Wish | Iterable[str | Wish] = (),
) -> Plan:
    """The plan of one command line; what is left out the model writes, also the sections.

    chords: a progression (see `progression`), cycled through each section. bars: in full bars;
    without it, 16 or as many whole turns of the progression as reach 16. tempo: quarter notes per
    minute. tracks: roles or instruments, with commas or as a list. pickup: in beats, or like
    ``3/8``. sections: ``intro:4,verse:8,chorus:8,verse``, where a name that has come before needs
    no bars and brings its music back, and ``A'=vary(A, 0.3)`` is a variation. length: seconds, or
    like ``1:05.5``; without bars and sections, as many bars as come nearest at the tempo, which
    then gives way a little. rules: what the notes must keep, as texts (``melody: leap 7``) or as
    rules. prefer: what they should, in the same way. Raises `PlanError` or `SymbolError` for what
    cannot be read or met.

    >>> plan = plan_from_line("Am F C G", tempo=92, tracks="melody,piano,bass,drums")
    >>> plan.bars, [track.role for track in plan.tracks]
    (16, ['melody', 'chords', 'bass', 'drums'])
    """
    stated = read_rules(rules)
    the_meter = Meter.parse(meter)
    the_key = None if key is None else Key.parse(key)
    if bars is not None and not is_whole(bars, 1, MAX_BARS):
        raise PlanError(f"bars is {bars!r}; allowed: 1 to {MAX_BARS}, as a whole number")
    if chords is not None and not isinstance(chords, str):
        raise PlanError(f"chords is {chords!r}; write them as one text like 'Am F C G'")
    ahead = 0 if pickup is None else pickup_ticks(pickup, the_meter)
    seconds = parse_length(length) if isinstance(length, str) else length
    if sections is None and bars is None and seconds is not None:
        turn = 1 if chords is None else count_bars(chords)
        bars = bars_of_length(seconds, tempo, the_meter, ahead, turn)
        if tempo is not None:
            tempo = adjusted_tempo(seconds, tempo, bars, the_meter, ahead)
    if sections is None:
        parts: tuple[SectionPlan, ...] = (single_section(chords, bars, the_meter, the_key, stated),)
    else:
        parts = _sections(sections, chords, the_meter, the_key, stated)
        total = sum(part.bars for part in parts)
        if bars is not None and bars != total:
            raise PlanError(
                f"the sections add up to {counted(total, 'bar')} but bars is {bars}; "
                "leave bars out or make them equal"
            )
    words = DEFAULT_TRACKS if tracks is None else split_words(tracks)
    return Plan(
        sections=parts,
        tracks=number_names(share_roles(track_of_word(word) for word in words)),
        title=title,
        key=the_key,
        meter=the_meter,
        tempo=tempo,
        style=style,
        pickup=ahead,
        swing=swing,
        seed=seed,
        open_form=chords is None and sections is None,
        length=seconds,
        rules=stated,
        wishes=read_wishes(prefer),
    )


def single_section(
    chords: str | None,
    bars: int | None,
    meter: Meter,
    key: Key | None,
    rules: Iterable[Rule] = (),
) -> SectionPlan:
    """The section ``A`` of a plan that names no sections; modulations among the rules set keys."""
    if chords is None:
        return SectionPlan("A", DEFAULT_BARS if bars is None else bars)
    if bars is None:
        once = count_bars(chords)
        bars = once * -(-DEFAULT_BARS // once)
    section = SectionPlan("A", bars)
    keys = [row.key for row in bar_plans([section], meter, key, rules=rules)]
    return replace(section, chords=parse_progression(chords, bars, meter, keys))


def _sections(
    text: str, chords: str | None, meter: Meter, key: Key | None, rules: Sequence[Rule]
) -> tuple[SectionPlan, ...]:
    parts: dict[str, SectionPlan] = {}
    order: list[SectionPlan] = []
    for word in split_words(text):
        varied = variation(word)
        match = re.fullmatch(r"(.*?)\s*:\s*(\d{1,6})", word)
        if varied is not None:
            section = _varied(*varied, parts)
        elif match and match[1]:
            section = SectionPlan(match[1], int(match[2]))
        elif word in parts:
            section = SectionPlan(word, parts[word].bars, reprise=word)
        else:
            raise PlanError(
                f"section {word!r} cannot be read; write sections like intro:4,verse:8,chorus:8 "
                "(a name that has come before may stand alone and brings its music back)"
            )
        parts.setdefault(section.name, section)
        order.append(section)
        check_total(sum(part.bars for part in order))
    if chords is None:
        return tuple(order)
    check_fits(chords, [part.bars for part in order if part.model is None])
    rows = bar_plans(order, meter, key, rules=rules)
    keys = [[row.key for row in rows if row.section == index] for index in range(len(order))]
    return tuple(
        replace(part, chords=parse_progression(chords, part.bars, meter, held, cut=True))
        if part.model is None
        else part
        for part, held in zip(order, keys, strict=True)
    )


def _varied(
    name: str, model: str, change: tuple[float, float], parts: dict[str, SectionPlan]
) -> SectionPlan:
    if model not in parts:
        raise PlanError(
            f"section {name!r} varies {model!r}, which does not come before it; earlier sections: "
            f"{', '.join(parts) or 'none'}"
        )
    return SectionPlan(name, parts[model].bars, vary=model, change=change)


def check_total(bars: int) -> None:
    """Raise `PlanError` where sections add up to more bars than a plan may have."""
    if bars > MAX_BARS:
        raise PlanError(f"the sections add up to over {MAX_BARS} bars; make them shorter")


def check_fits(chords: str, bars: Sequence[int]) -> None:
    """Raise `PlanError` where a progression for all sections is longer than each of them."""
    length = count_bars(chords)
    if length > max(bars, default=0):
        raise PlanError(
            f"the chords for all sections fill {counted(length, 'bar')}, but no section that takes "
            f"them is so long (the longest has {max(bars, default=0)}); give each section its own "
            "chords, or make one longer"
        )


_LOW = 48  # C3


def split_words(text: str | Sequence[str]) -> list[str]:
    """Words between commas, or those of a list; `PlanError` where one is missing."""
    listed = _COMMA.split(text) if isinstance(text, str) else text
    if not isinstance(listed, Sequence) or not all(isinstance(word, str) for word in listed):
        raise PlanError(f"{text!r} cannot be read; write names with commas, like melody,bass")
    words = [word.strip() for word in listed]
    if not any(words):
        raise PlanError("no names are given; write them like melody,bass, or leave the option out")
    if len(words) > MAX_WORDS:
        raise PlanError(f"{len(words)} names with commas between them; allowed: up to {MAX_WORDS}")
    if not all(words):
        raise PlanError(f"{text!r} lacks a name beside a comma; write it like melody,bass")
    return words


def track_of_word(word: str) -> TrackPlan:
    """The track that a role or an instrument stands for.

    >>> track_of_word("bass").role, track_of_word("piano").role, track_of_word("flute").program
    ('bass', 'chords', 73)
    """
    name = re.sub(r"[\s_]+", " ", word.strip().lower())
    if name in ROLES:
        return TrackPlan.of_role(name)
    try:
        program = parse_instrument(name)
    except SymbolError as error:
        near = difflib.get_close_matches(name, (*ROLES, *GM_NAMES), n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "for example flute, piano, cello"
        raise PlanError(
            f"track {word!r} is neither a role ({', '.join(ROLES)}) nor an instrument; {hint}"
        ) from error
    return TrackPlan.of_role(role_of_instrument(program), word.strip(), program)


def share_roles(tracks: Iterable[TrackPlan]) -> tuple[TrackPlan, ...]:
    """The tracks of a list of words with their roles shared out: one melody, the rest beside it.

    Of several instruments that would each take the melody the first has it, the others are
    counter-melodies; without a bass, the one that reaches lowest is the bass if it plays below C3.

    >>> [t.role for t in share_roles(map(track_of_word, ["violin", "violin", "viola", "cello"]))]
    ['melody', 'counter', 'counter', 'bass']
    """
    listed = list(tracks)
    tunes = [
        index
        for index, track in enumerate(listed)
        if track.role == "melody" and track.name not in ROLES
    ]
    has_melody = any(track.role == "melody" and track.name in ROLES for track in listed)
    for index in tunes if has_melody else tunes[1:]:
        listed[index] = _with_role(listed[index], "counter")
    if len(tunes) > 1 and not any(track.role == "bass" for track in listed):
        lowest = min(tunes[1:], key=lambda index: program_range(listed[index].program))
        if program_range(listed[lowest].program)[0] < _LOW:
            listed[lowest] = _with_role(listed[lowest], "bass")
    return tuple(listed)


def _with_role(track: TrackPlan, role: str) -> TrackPlan:
    return TrackPlan.of_role(role, track.name, track.program)


def number_names(tracks: Iterable[TrackPlan]) -> tuple[TrackPlan, ...]:
    """The tracks, those that share a name numbered: violin 1, violin 2."""
    listed = list(tracks)
    names = [track.name for track in listed]
    taken, shared, count = set(names), Counter(names), dict.fromkeys(names, 0)
    for index, name in enumerate(names):
        if shared[name] == 1:
            continue
        while True:
            count[name] += 1
            numbered = f"{name} {count[name]}"
            if numbered not in taken:
                break
        taken.add(numbered)
        listed[index] = replace(listed[index], name=numbered)
    return tuple(listed)


def pickup_ticks(text: str, meter: Meter) -> int:
    """Ticks of a pickup given in beats (``1``, ``1.5 beats``) or in whole notes (``3/8``).

    >>> pickup_ticks("1 beat", Meter(4, 4)), pickup_ticks("3/8", Meter(4, 4))
    (12, 18)
    """
    if not isinstance(text, str):
        raise PlanError(f"pickup is {text!r}; write it as text like '1 beat' or '3/8'")
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)(?:\s*beats?)?|(\d{1,3}/\d{1,3})", text.strip())
    if not match or (match[2] and match[2].endswith("/0")):
        raise PlanError(f"pickup {text!r} cannot be read; write it in beats, or like 1/4 or 3/8")
    ticks = (
        Fraction(match[2]) * 4 * TICKS_PER_QUARTER
        if match[2]
        else _beat_ticks(Fraction(match[1]), meter)
    )
    if ticks.denominator != 1:
        raise PlanError(
            f"pickup {text!r} falls between the ticks ({TICKS_PER_QUARTER} in a quarter note); "
            "write it like 1/4 or 3/8"
        )
    if ticks >= meter.ticks:
        raise PlanError(
            f"pickup {text!r} does not fit before a bar of {meter}; allowed: less than a bar"
        )
    return int(ticks)


def _beat_ticks(beats: Fraction, meter: Meter) -> Fraction:
    """Length of the last so many beats of a bar."""
    lengths = [b - a for a, b in zip(meter.beats, (*meter.beats[1:], meter.ticks), strict=True)]
    ticks = Fraction(0)
    for length in reversed(lengths):
        part = min(beats, Fraction(1))
        ticks, beats = ticks + part * length, beats - part
    return ticks
