"""The sections of a plan file, and their chords in the keys and meters that hold there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from .key import Key
from .meter import Meter
from .plan_bars import bar_plans
from .plan_line import check_fits, check_total
from .plan_section import MAX_BARS, VARIED, ChangeAt, SectionPlan
from .plan_values import band, line, number, variation, whole
from .plan_writer import MAX_TEXT
from .progression import Bars, Keys, Meters, parse_progression
from .rules.base import Rule
from .yaml_nodes import Node, located, named_entries, value_of

SECTION_KEYS = (
    "name", "bars", "chords", "key", "meter", "tempo", "changes", "reprise", "vary", "change",
)  # fmt: skip
CHANGE_KEYS = ("key", "meter", "tempo")


class Listed(NamedTuple):
    """A section as it is read: where it stands, what it states, and where its chords stand."""

    node: Node
    section: SectionPlan
    chords: Node | None


def read_sections(
    node: Node, default: Node | None, meter: Meter, key: Key | None, rules: Sequence[Rule]
) -> list[tuple[Node, SectionPlan]]:
    """Sections with their nodes, in a plan that begins in this meter and key.

    default: the chords of sections that have none. rules: modulations among them set keys.
    """
    listed = list(_listed(node))
    if not listed:
        raise node.error("the list is empty; write - verse: 8, or leave it out")
    text = None
    if default is not None:
        text = default.text if default.text is not None else joined(default)
        if text is None:
            raise default.error(
                "chords by bar number belong to a section; move them into one of the sections"
            )
        open_bars = [
            row.section.bars
            for row in listed
            if row.chords is None and row.section.harmony_of is None
        ]
        with located(default):
            check_fits(text, open_bars)
    with located(node):
        bars = bar_plans([row.section for row in listed], meter, key, rules=rules)
    found = []
    rest = iter(bars)
    for where, section, stated in listed:
        own = list(islice(rest, section.bars))
        meters, keys = [bar.meter for bar in own], [bar.key for bar in own]
        if stated is not None:
            with located(where.key):
                chords = read_chords(stated, section.bars, meters, keys)
                section = replace(section, chords=chords)
        elif default is not None and text is not None and section.harmony_of is None:
            with located(default):
                chords = parse_progression(text, section.bars, meters, keys, cut=True)
            section = replace(section, chords=chords)
        found.append((where, section))
    return found


def _listed(node: Node) -> Iterator[Listed]:
    """The sections, without their chords."""
    seen: dict[str, SectionPlan] = {}
    total = 0
    for name, value in named_entries(node, SECTION_KEYS, "- verse: 8"):
        varied = variation(value.text) if name is None and value.text is not None else None
        given = {} if value.entries is None else value.fields(SECTION_KEYS, "bars: 8")
        if varied is not None:
            name = varied[0]
        elif value.entries is None:
            given["bars"] = value
        elif name is not None and "name" in given:
            raise given["name"].error(f"the section is called {name!r} already; keep one name")
        name = name or value_of(given, "name", "verse", line("section"), MAX_TEXT)
        if name is None:
            raise value.error("the section has no name; add one, for example name: verse")
        reprise = value_of(given, "reprise", "verse", line("section"), MAX_TEXT)
        vary = value_of(given, "vary", "verse", line("section"), MAX_TEXT)
        change = value_of(given, "change", "0.3", band)
        if change is not None and vary is None:
            raise given["change"].error("only a variation has it; add vary, or leave it out")
        if varied is not None:
            _, vary, change = varied
        bars = value_of(given, "bars", "8", whole(1, MAX_BARS))
        model = reprise if vary is None else vary
        if bars is None and model is not None:
            bars = _bars_of_model(name, model, "reprises" if vary is None else "varies", seen,
                                  given.get("reprise", given.get("vary", value)))  # fmt: skip
        if bars is None:
            raise value.error(f"section {name!r} has no bars; add them, for example bars: 8")
        total += bars
        with located(value):
            check_total(total)
        with located(value.key):
            section = SectionPlan(
                name,
                bars,
                None,
                value_of(given, "key", "A minor", Key.parse),
                value_of(given, "meter", "3/4", Meter.parse),
                value_of(given, "tempo", "92", number(20, 400)),
                reprise,
                _changes(given.get("changes")),
                vary,
                change or VARIED,
            )
        seen.setdefault(name, section)
        yield Listed(value, section, given.get("chords"))


def _bars_of_model(
    name: str, model: str, does: str, seen: dict[str, SectionPlan], node: Node
) -> int:
    if model not in seen:
        raise node.error(
            f"section {name!r} {does} {model!r}, which does not come before it; earlier sections: "
            f"{', '.join(seen) or 'none'}"
        )
    return seen[model].bars


def _changes(node: Node | None) -> tuple[ChangeAt, ...]:
    """What changes within a section: a mapping of bar numbers to key, meter and tempo."""
    if node is None:
        return ()
    if node.entries is None:
        raise node.error(
            f"a {node.kind} stands here; write bar numbers with what changes, like "
            "5: {key: A minor, tempo: 80}"
        )
    found = []
    for number_, value in node.entries.items():
        if not re.fullmatch(r"\d{1,6}", number_):
            raise value.key.error(f"{number_!r} is not a bar number; write, for example, 5:")
        given = value.fields(CHANGE_KEYS, "key: A minor")
        with located(value.key):
            found.append(
                ChangeAt(
                    int(number_),
                    value_of(given, "key", "A minor", Key.parse),
                    value_of(given, "meter", "3/4", Meter.parse),
                    value_of(given, "tempo", "92", number(20, 400)),
                )
            )
    return tuple(sorted(found, key=lambda change: change.bar))


def joined(node: Node) -> str | None:
    """A list of chords, one entry a bar, as text with bar lines; None for other nodes."""
    if node.items is None:
        return None
    return "".join(f"| {item.scalar('Am', MAX_TEXT)} " for item in node.items) + "|"


def read_chords(node: Node, bars: int, meter: Meters, key: Keys) -> Bars:
    """Chords of a section: text, a list of bars, or a mapping of bar numbers."""
    with located(node):
        if node.entries is None:
            text = node.text if node.text is not None else joined(node)
            return parse_progression(text or "", bars, meter, key)
        by_number: dict[int, str] = {}
        for bar, value in node.entries.items():
            if not re.fullmatch(r"\d{1,6}", bar):
                raise value.key.error(f"{bar!r} is not a bar number; write, for example, 3: Am")
            with located(value):
                text = value.scalar("Am", MAX_TEXT)
                parse_progression({int(bar): text}, bars, meter, key) if text != "%" else None
            by_number[int(bar)] = text
        return parse_progression(by_number, bars, meter, key)
