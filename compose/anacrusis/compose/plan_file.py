"""Plans as YAML files: what a person writes, read with the place of every mistake.

`PLAN_KEYS`, `SECTION_KEYS` and `TRACK_KEYS` are the whole schema; `example_plan` says in comments
what each key means.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from os import PathLike
from typing import TypeVar

from .atomic import write_text
from .bounded import open_regular
from .bounds import MAX_SEED
from .errors import PlanError
from .instruments import ROLES, parse_instrument, role_of_instrument
from .key import Key
from .meter import Meter
from .pitch import parse_pitch
from .plan import (
    LEVELS,
    MAX_BARS,
    MAX_TRACKS_PER_ROLE,
    STYLES,
    Plan,
    SectionPlan,
    TrackPlan,
    check_swing,
    is_bare,
    section_meters,
)
from .plan_bars import bar_plans
from .plan_file_rules import RULE_KEYS, read_stated
from .plan_file_sections import SECTION_KEYS, joined, read_chords, read_sections
from .plan_length import adjusted_tempo, bars_of_length, parse_length
from .plan_line import (
    DEFAULT_TRACKS,
    number_names,
    pickup_ticks,
    share_roles,
    single_section,
    split_words,
    track_of_word,
)
from .plan_values import line, number, whole
from .plan_writer import MAX_TEXT, example_plan, plan_text
from .progression import count_bars
from .wording import did_you_mean
from .yaml_nodes import (
    Node,
    compose,
    first_refused,
    located,
    named_entries,
    read_text,
    value_of,
)

PLAN_KEYS = (
    "title", "key", "meter", "tempo", "length", "style", "seed", "swing", "pickup", "bars",
    "form", "chords", "sections", "tracks", *RULE_KEYS,
)  # fmt: skip
TRACK_KEYS = (
    "name", "role", "instrument", "range", "polyphony", "density", "register", "rest", *RULE_KEYS,
)  # fmt: skip

_SAMPLE = 1000
_SCORE = re.compile(rb'\A\{[^{]*"format"\s*:\s*"anacrusis-score"')
"""How a JSON score begins."""
_LEVEL_WORDS = {"low": 1, "medium": 3, "high": 6}
_PITCH = r"[A-Ga-g](?:##|#|x|bb|b|♯|♭)?-?\d|\d{1,3}"

Value = TypeVar("Value")

__all__ = ["SECTION_KEYS", "example_plan", "parse_plan", "plan_text", "read_plan", "write_plan"]


def read_plan(path: str | PathLike[str]) -> Plan:
    """Read a plan from a YAML file, or from a JSON score that carries one.

    Raises `FileFormatError` for a file that is missing, too large or not text, and `PlanError` for
    a score without a plan, and with file, line, column, key and value for anything in a YAML file
    that cannot be read or met.
    """
    begin = _begin(path)
    if begin.startswith((b"MThd", b"RIFF", b"PK", b"<")):
        kind = "MIDI" if begin.startswith((b"MThd", b"RIFF")) else "MusicXML"
        raise PlanError(
            f"{path} is a {kind} file, not a plan; give a plan (.yaml), or the .json of a composed "
            "song, which carries its plan"
        )
    if _SCORE.search(begin) is None:
        return parse_plan(read_text(path), str(path))
    from .files.json_file import read_json

    plan = read_json(path).plan
    if plan is None:
        raise PlanError(f"{path} carries no plan; only composed scores do")
    return plan


def _begin(path: str | PathLike[str]) -> bytes:
    """How a file begins; empty where it cannot be read."""
    try:
        with open_regular(path) as file:
            return file.read(_SAMPLE).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError:
        return b""


def parse_plan(text: str, source: str = "plan") -> Plan:
    """Read a plan from YAML text; `source` names it in errors.

    >>> parse_plan("bars: 8\\nchords: Am F C G\\ntracks: [melody, piano]").bars
    8
    """
    return _Reader(compose(text, source)).plan()


def write_plan(plan: Plan, path: str | PathLike[str]) -> None:
    """Write a plan to a YAML file, whole or not at all."""
    write_text(path, plan_text(plan))


class _Reader:
    """Reads one plan; holds the key and meter that later sections and chords go by."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.given = root.fields(PLAN_KEYS, "title: My song")
        self.key = self._value("key", "A minor", Key.parse)
        self.meter = self._value("meter", "4/4", Meter.parse) or Meter(4, 4)
        self.tempo = self._value("tempo", "92", number(20, 400))
        self.length = self._value("length", "30 s", parse_length)
        self.stated = read_stated(self.given)
        self.rules = tuple(rule for _, rule in self.stated.rules)

    def _value(
        self, name: str, example: str, read: Callable[[str], Value], limit: int = 120
    ) -> Value | None:
        return value_of(self.given, name, example, read, limit)

    def plan(self) -> Plan:
        given = self.given
        nodes, sections = zip(*self._sections(), strict=True)
        track_nodes, tracks = self._tracks()
        stated = self.stated
        for node, track in zip(track_nodes, tracks, strict=False):  # words alone have no nodes
            stated += read_stated(node.entries or {}, track.name)
        title = self._value("title", "My song", line("title"), MAX_TEXT)
        style = self._value("style", "game", _style)
        seed = self._value("seed", "0", whole(0, MAX_SEED))
        swing = self._value("swing", "0.5", number(0.5, 0.75))
        if swing is not None:
            with located(given["swing"]):
                check_swing(swing, chain(*section_meters(self.meter, sections)))
        pickup = self._pickup(sections[0].meter or self.meter)

        left_out = "sections" not in given and "chords" not in given
        form = self._value("form", "open", _form)
        if form and not is_bare(sections):
            raise given["form"].error(
                "an open form leaves sections and chords to the model; leave out chords and "
                "sections (bars says how long the piece is), or write form: given"
            )

        def build(
            sections: Sequence[SectionPlan], tracks: Sequence[TrackPlan], swing: float = 0.5
        ) -> Plan:
            return Plan(
                sections=tuple(sections),
                tracks=tuple(tracks),
                title="Untitled" if title is None else title,
                key=self.key,
                meter=self.meter,
                tempo=self.tempo,
                style=style or "game",
                pickup=pickup,
                swing=swing,
                seed=seed or 0,
                open_form=left_out if form is None else form,
            )

        try:
            plan = build(sections, tracks, 0.5 if swing is None else swing)
        except PlanError as error:
            # The first section, else the first track, without which the plan would be sound.
            one = tracks[:1]
            where = first_refused(nodes, lambda n: build(sections[:n], one))
            where = where or first_refused(track_nodes, lambda n: build(sections, tracks[:n]))
            raise (where or given.get("tracks", self.root)).error(str(error)) from error
        plan = stated.added_to(plan)
        with located(given.get("length", self.root)):
            return replace(plan, length=self.length)

    def _sections(self) -> list[tuple[Node, SectionPlan]]:
        """Sections with their nodes."""
        given = self.given
        bars = self._value("bars", "16", whole(1, MAX_BARS))
        if "sections" not in given:
            with located(given.get("chords", self.root)):
                return [(self.root, self._single(bars))]
        read = read_sections(
            given["sections"], given.get("chords"), self.meter, self.key, self.rules
        )
        total = sum(section.bars for _, section in read)
        if bars is not None and bars != total:
            raise given["bars"].error(
                f"bars is {bars} but the sections add up to {total}; leave bars out or make them "
                "equal"
            )
        return read

    def _single(self, bars: int | None) -> SectionPlan:
        node = self.given.get("chords")
        text = None if node is None else node.text if node.text is not None else joined(node)
        if bars is None and self.length is not None:
            turn = 1 if text is None else count_bars(text)
            pickup = self._pickup(self.meter)
            bars = bars_of_length(self.length, self.tempo, self.meter, pickup, turn)
            if self.tempo is not None:
                with located(self.given["tempo"]):
                    self.tempo = adjusted_tempo(self.length, self.tempo, bars, self.meter, pickup)
        section = single_section(text, bars, self.meter, self.key, self.rules)
        if node is None or text is not None:
            return section
        rows = bar_plans([section], self.meter, self.key, rules=self.rules)
        keys = [row.key for row in rows]
        return replace(section, chords=read_chords(node, section.bars, self.meter, keys))

    def _pickup(self, first: Meter) -> int:
        return self._value("pickup", "1 beat", lambda text: pickup_ticks(text, first)) or 0

    def _tracks(self) -> tuple[list[Node], tuple[TrackPlan, ...]]:
        node = self.given.get("tracks")
        if node is None:
            return [], number_names(track_of_word(word) for word in DEFAULT_TRACKS)
        nodes: list[Node] = []
        tracks: list[TrackPlan] = []
        above: dict[str, tuple[Node, bool]] = {}  # name -> where, whether it was stated
        if node.text is not None:
            with located(node):
                words = split_words(node.scalar("melody, bass"))
                tracks = list(share_roles(track_of_word(word) for word in words))
        else:
            for name, value in named_entries(node, TRACK_KEYS, "- melody"):
                if len(tracks) >= len(ROLES) * MAX_TRACKS_PER_ROLE:
                    raise value.error(f"over {len(tracks)} tracks; leave some out")
                nodes.append(value)
                tracks.append(_track(name, value))
                _check_own_name(tracks[-1].name, name is not None or _has_name(value), value, above)
        if not tracks:
            raise node.error("the list is empty; write [melody, bass], or leave it out")
        return nodes, number_names(tracks)


def _has_name(node: Node) -> bool:
    stated = (node.entries or {}).get("name")
    return stated is not None and not stated.is_null


def _check_own_name(
    name: str, stated: bool, node: Node, above: dict[str, tuple[Node, bool]]
) -> None:
    """A name that is stated stands once; only names that are not stated are numbered."""
    first, stated_there = above.setdefault(name, (node.key, stated))
    if first != node.key and (stated or stated_there):
        raise node.key.error(
            f"a track is called {name!r} already (line {first.line}); give each a name of its own"
        )


def _form(text: str) -> bool:
    """Whether the model writes the sections."""
    if text not in ("open", "given"):
        raise PlanError(f"form {text!r} is unknown; allowed: open, given")
    return text == "open"


def _style(text: str) -> str:
    if text not in STYLES:
        raise PlanError(
            f"style {text!r} is unknown; {did_you_mean(text, STYLES)}allowed: {', '.join(STYLES)}"
        )
    return text


def _level(text: str) -> int:
    if text in _LEVEL_WORDS:
        return _LEVEL_WORDS[text]
    if not re.fullmatch(r"\d", text) or int(text) >= LEVELS:
        raise PlanError(
            f"{text!r} cannot be taken; allowed: 0 to {LEVELS - 1}, or {', '.join(_LEVEL_WORDS)}"
        )
    return int(text)


def _track(name: str | None, node: Node) -> TrackPlan:
    with located(node):
        if name is None and node.text is not None:
            return track_of_word(node.scalar("melody"))
        given = {} if node.entries is None else node.fields(TRACK_KEYS, "role: melody")
        if node.entries is None:
            given["instrument"] = node
        elif name is not None and "name" in given:
            raise given["name"].error(f"the track is called {name!r} already; keep one name")
        name = name or value_of(given, "name", "melody", line("track"), MAX_TEXT)
        role = value_of(given, "role", "melody", _role)
        program = value_of(given, "instrument", "flute", _instrument)
        if role is None and program is None:
            if name is None:
                raise node.error("the track has no role; add one, for example role: melody")
            track = track_of_word(name)
        else:
            if role is None and program is not None:
                role = name if name in ROLES else role_of_instrument(program)
            word = given["instrument"].text if "instrument" in given else role
            track = TrackPlan.of_role(role or "melody", name or word, program)
        low, high = value_of(given, "range", "C3-C5", _range) or (track.low, track.high)
        polyphony = value_of(given, "polyphony", "1", whole(1, 16))
        return replace(
            track,
            name=name or track.name,
            low=low,
            high=high,
            polyphony=polyphony or track.polyphony,
            density=value_of(given, "density", "medium", _level),
            register=value_of(given, "register", "medium", _level),
            rest=_rest(given, track.rest),
        )


def _rest(given: dict[str, Node], usual: int | None) -> int | None:
    if "rest" in given and given["rest"].text == "any":
        return None
    stated = value_of(given, "rest", "2", whole(0, MAX_BARS))
    return usual if stated is None else stated


def _role(text: str) -> str:
    if text not in ROLES:
        raise PlanError(
            f"role {text!r} is unknown; {did_you_mean(text, ROLES)}allowed: {', '.join(ROLES)}"
        )
    return text


def _instrument(text: str) -> int:
    return parse_instrument(int(text) if re.fullmatch(r"\d{1,3}", text) else text)


def _range(text: str) -> tuple[int, int]:
    match = re.fullmatch(rf"({_PITCH})\s*(?:-|\u2013|to|\.\.)\s*({_PITCH})", text.strip())
    if not match:
        raise PlanError(f"range {text!r} cannot be read; write it like C3-C5 or 48-72")
    low, high = (parse_pitch(end[0].upper() + end[1:]) for end in match.groups())
    if low > high:
        raise PlanError(f"range {text!r} holds no notes; write the lower pitch first")
    return low, high
