"""Proofs: notes that keep the statements about some bars, or those of them that conflict."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..plan_section import SectionPlan
from ..rules.counterpoint import Between
from ..rules.drums import DrumPattern
from ..rules.line import Contour, Melody
from ..rules.pitches import Require
from ..rules.rhythm import Onsets, Rhythm
from ..rules.texture import Doubling
from ..score import Note
from .demands import groove_hits, rhythm_times, say
from .example import notes_of
from .facts import Facts, Level
from .frame import Frame
from .harmony import say_grid, say_resolutions
from .search import Allowance, Conflict, GaveUpError, Search
from .statement import Given, Statement


class Core(NamedTuple):
    """Statements that conflict, by number."""

    numbers: frozenset[int]
    minimal: bool


class Prover:
    """Asks the same question of one set of statements after another."""

    def __init__(
        self, frame: Frame, statements: Sequence[Statement], given: Given, allowance: Allowance
    ) -> None:
        self.frame, self.statements, self.given = frame, statements, given
        self.allowance = allowance
        self.groups = self._groups()

    def _groups(self) -> list[tuple[int, ...]]:
        """Bars that have to be looked at together, in order.

        Blocks are closed; rules about a span as a whole join those that it reaches into. For the
        verifier alone a resolution may come in the next section: all bars are one group.
        """
        frame = self.frame
        if not frame.strict:
            return [tuple(range(len(frame.score.bars)))]
        groups = [set(block) for block in frame.blocks]
        for statement in self.statements:
            if isinstance(statement.of, _WHOLE):
                bars = {frame.home[bar] for bar in self._reach(statement)}
                joined = [group for group in groups if group & bars]
                groups = [group for group in groups if group not in joined]
                groups.append(set().union(*joined))
        return sorted(tuple(sorted(group)) for group in groups)

    def _reach(self, statement: Statement) -> Iterator[int]:
        """The bars of a statement, and of what it is a variation of."""
        yield from statement.bars
        if isinstance(statement.of, SectionPlan) and statement.of.vary is not None:
            first = self.frame.first_bar(statement.of.vary)
            yield from range(first, first + len(statement.bars))

    def settle(
        self, group: Sequence[int], explain: bool = True, suspected: Collection[Statement] = ()
    ) -> list[tuple[int, Note]] | Core:
        """Notes of some bars that keep all statements, or those of them that conflict.

        explain: whether no more statements are wanted than conflict. suspected: statements that may
        be those. Raises `GaveUpError`.
        """
        core = {n for n, statement in enumerate(self.statements) if statement in suspected}
        if core and self._refuted(group, core, self.allowance):
            return self._minimal(group, core)
        here = [n for n in range(len(self.statements)) if self._touches(n, group)]
        levels = dict.fromkeys(range(len(self.frame.plan.tracks)), Level.BEATS)
        tried: list[set[int]] = []
        while True:
            found = self._notes(group, here, levels)
            if found is not None:
                return found
            core = self._core(group, here, levels)
            if core not in tried and self._refuted(group, core, self.allowance):
                return self._minimal(group, core) if explain else Core(frozenset(core), False)
            tried.append(core)
            names = {name for n in core for name in self.statements[n].tracks}
            coarse = [track for track in levels if levels[track] is not Level.FULL]
            concerned = [t for t in coarse if self.frame.plan.tracks[t].name in names]
            for track in concerned or coarse:
                levels[track] = Level(levels[track].value + 1)

    def _refuted(self, group: Sequence[int], asked: Collection[int], allowance: Allowance) -> bool:
        """Whether some statements conflict, as some of the bars or all of them prove."""
        windows = dict.fromkeys((self._window(group, asked), tuple(group)))
        found = (self._search(bars, asked, self._full, allowance) for bars in windows)
        return any(isinstance(one, Conflict) for one in found)

    @property
    def _full(self) -> dict[int, Level]:
        return dict.fromkeys(range(len(self.frame.plan.tracks)), Level.FULL)

    def _window(self, group: Sequence[int], asked: Iterable[int]) -> tuple[int, ...]:
        """The bars that statements about less than all of a group's bars are about."""
        stated = [self.statements[number] for number in asked]
        if any(isinstance(s.of, _WHOLE) for s in stated):
            return tuple(group)
        touched = [{self.frame.home[bar] for bar in s.bars} & set(group) for s in stated]
        narrow = set().union(*(bars for bars in touched if len(bars) < len(group)))
        bars = tuple(bar for bar in group if narrow and min(narrow) <= bar <= max(narrow))
        alone = self.frame.strict or not self.frame.copies.keys() & set(bars)
        return bars if bars and alone else tuple(group)

    def _notes(
        self, group: Sequence[int], asked: Iterable[int], levels: Mapping[int, Level]
    ) -> list[tuple[int, Note]] | None:
        """Notes of some bars that keep some statements; None where there are none."""
        found = self._search(group, asked, levels)
        return None if isinstance(found, Conflict) else found

    def _search(
        self,
        bars: Sequence[int],
        asked: Iterable[int],
        levels: Mapping[int, Level],
        proof: Allowance | None = None,
    ) -> list[tuple[int, Note]] | Conflict:
        """The notes, or a conflict. proof: what it may cost, where a conflict is expected."""
        numbers = sorted(asked)
        tracks = self._tracks(numbers)
        if not tracks:
            return []  # silence keeps them all
        facts = self._facts(bars, tracks, numbers, (), levels)
        found = Search(facts, proof or self.allowance, hard=proof is not None).solve()
        return found if isinstance(found, Conflict) else notes_of(found, facts)

    def _core(
        self, group: Sequence[int], here: Sequence[int], levels: Mapping[int, Level]
    ) -> set[int]:
        """Statements that conflict at some levels, not yet a minimal set."""
        sure = [n for n in here if self.statements[n].kind in _SURE]
        rest = [n for n in here if n not in sure]
        search = Search(self._facts(group, self._tracks(here), sure, rest, levels), self.allowance)
        found = search.solve(rest)
        assert isinstance(found, Conflict)
        core = set(found.core)
        for number in sorted(core, key=self._rank):
            if number in core:
                tried = core - {number}
                found = search.solve(tried, set(rest) - tried)
                if isinstance(found, Conflict):
                    core = set(found.core)
        tracks = {self.frame.plan.tracks[track].name for track in self._tracks(core)}
        return core | {n for n in sure if tracks & set(self.statements[n].tracks)}

    def _minimal(self, group: Sequence[int], core: set[int]) -> Core:
        """Statements of a conflict of which none can be left out, if an allowance as large as the
        first one, in the time that is left, reaches."""
        self.allowance = self.allowance.anew()
        left = sorted(core, key=self._rank)
        sure = [n for n in left if self.statements[n].kind in _SURE]
        others = [n for n in left if n not in sure]
        kinds = ([n for n in sure if self.statements[n].kind == kind] for kind in _SURE)
        beats, minimal = dict.fromkeys(self._full, Level.BEATS), True
        kept: list[set[int]] = []  # sets that can be
        for tried in (*([n] for n in others), sure, *kinds, *([n] for n in sure)):
            fewer = core - set(tried)
            if fewer == core or any(fewer <= possible for possible in kept):
                continue
            try:
                quarter = self.allowance.part(1 / 4)
                none = self._notes(group, fewer, beats) is None
                if none and self._refuted(group, fewer, quarter):
                    core = fewer
                else:
                    kept.append(fewer)
            except GaveUpError:
                minimal = minimal and len(tried) > 1  # several are tried one by one thereafter
        return Core(frozenset(core), minimal)

    def _rank(self, number: int) -> int:
        """What is left out sooner where it can be: what the plan says by itself, before rules."""
        kind = self.statements[number].kind
        return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)

    def _touches(self, number: int, group: Sequence[int]) -> bool:
        bars = self.statements[number].bars
        return any(self.frame.home[bar] in group for bar in bars)

    def _tracks(self, numbers: Iterable[int]) -> list[int]:
        """Tracks that have to sound for the sake of some statements, and those bound to them."""
        stated = [self.statements[number] for number in numbers]
        if any(statement.kind == "silence" for statement in stated):
            return list(range(len(self.frame.plan.tracks)))
        names = {name for s in stated if _demands(s) for name in s.tracks}
        bound = [set(_bound(s)) for s in stated]
        while any(names & some and not some <= names for some in bound):
            names = names.union(*(some for some in bound if names & some))
        return sorted(self.frame.place(name) for name in names)

    def _facts(
        self,
        group: Sequence[int],
        tracks: Sequence[int],
        hard: Sequence[int],
        open_: Sequence[int],
        levels: Mapping[int, Level],
    ) -> Facts:
        numbers = [*hard, *open_]
        given = {
            cell: notes
            for number in numbers
            for cell, notes in self._given_by(self.statements[number])
        }
        extra = {tick for n in numbers for tick in self._extra(self.statements[n])}
        facts = Facts(self.frame, self.statements, group, tracks, hard, open_, given, levels, extra)
        say_grid(facts)
        say_resolutions(facts)
        for number in numbers:
            say(facts, number)
        return facts

    def _given_by(self, statement: Statement) -> list[tuple[tuple[int, int], tuple[Note, ...]]]:
        if statement.kind != "given":
            return []
        cell = (self.frame.place(statement.tracks[0]), statement.bars.start)
        return [(cell, self.given[cell])]

    def _extra(self, statement: Statement) -> set[int]:
        """Ticks that a statement names, where the music is written."""
        frame, rule = self.frame, statement.of
        spans: list[tuple[int, int]] = []
        if isinstance(rule, Rhythm):
            times = rhythm_times(frame, rule, statement.bars)
            spans = [(onset, onset + lasts) for onset, lasts in times.items()]
        elif isinstance(rule, DrumPattern):
            full = (bar for bar in statement.bars if frame.score.bars[bar].length is None)
            spans = [(tick, tick) for bar in full for tick, _ in groove_hits(frame, rule, bar)]
        for _, notes in self._given_by(statement):
            spans += [(note.onset, note.end) for note in notes]
        found = set()
        for start, end in spans:
            bar = frame.score.bar_at(start)
            moved = frame.starts[frame.copies.get(bar, bar)] - frame.starts[bar]
            found |= {start, end, start + moved, end + moved}
        return {tick for tick in found if tick < frame.score.ticks}


_WHOLE = (Contour, Melody, Require, SectionPlan)
"""What is about its span as a whole."""
_SURE = ("polyphony", "range")
"""Kinds of statements that are not taken back while a first conflict is looked for."""
_ORDER = (*_SURE, "rest", "silence", "chord")


def _demands(statement: Statement) -> bool:
    """Whether silence would break a statement."""
    rule = statement.of
    if isinstance(rule, Onsets):
        return rule.low > 0
    if isinstance(rule, SectionPlan):
        return rule.change[0] > 0
    always = isinstance(rule, Require | Rhythm | Contour | Melody | DrumPattern)
    return always or statement.kind in ("rest", "given")


def _bound(statement: Statement) -> tuple[str, ...]:
    """Tracks that have to be looked at together for the sake of a statement."""
    if isinstance(statement.of, Doubling):
        return (*statement.tracks, statement.of.leader)
    return statement.tracks if isinstance(statement.of, Between) else ()
