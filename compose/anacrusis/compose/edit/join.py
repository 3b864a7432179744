"""Two pieces joined, with a transition that the model writes."""

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

from ..bounds import is_whole
from ..errors import EditError
from ..plan import Plan
from ..roman import roman_to_chord
from ..rules.base import Rule
from ..rules.places import Bars
from ..score import Bar, ChordSpan, KeyChange, Score, Section, TempoChange, Track
from ..verify.played import as_played
from .edits import Written
from .harmony import stated_chords, written_chords
from .moment import Moment
from .places import Cell, Cells, Selection, free_name, numbers_of
from .reshape import cells_of
from .timeline import joined, with_chords
from .write import Composer, write


class _Laid(NamedTuple):
    """Two pieces one behind the other. bars: the silent ones between. upbeat: whether the bar after
    them is the pickup of the second. names: what the tracks of the second are called now."""

    score: Score
    bars: range
    upbeat: bool
    names: dict[str, str]


@dataclass(frozen=True)
class Join(Written):
    """Another piece after this one, with a transition between them that the model writes.

    score: the other piece. bars: of transition, in the meter of the end of this one; its tempo goes
    from one to the other, its second half is in the key of what comes, and it ends on the dominant
    of that key. A pickup of the other piece becomes the last bar of the transition. section: its
    name. Tracks are one where their names are the same, or role and instrument; swing is that of
    this piece. locks: what of the other piece is locked, and stays so.
    Where notes are not played as the plan says, as in a piece that was humanised, none is carried.
    """

    word: ClassVar[str] = "join"
    score: Score
    bars: int = 2
    chords: str | None = None
    section: str = "transition"
    locks: tuple[Selection, ...] = ()

    def given(self, score: Score) -> Score:
        """The notes of both pieces, this one being `score`, where they come to stand."""
        return self._laid(score).score

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Put one behind the other, and write the bars between."""
        if not is_whole(self.bars, 0, 64):
            raise EditError(f"{self.bars!r} bars of transition; allowed: 0 to 64")
        laid = self._laid(now.score)
        score, places, by = laid.score, laid.bars, self.by(composer)
        told = self._told(score, list(places), now.style, by)
        at = places.start
        brought = range(at, at + len(score.bars) - places.stop)
        moved = (*range(at), *[None] * len(places), *brought)
        cells = set(cells_of(told, places))
        if self.bars and laid.upbeat:  # who rests in the pickup is written there
            heard = {t.name for t, n in told.notes() if told.bar_at(n.onset) == places.stop}
            names = (track.name for track in told.tracks)
            cells |= {(name, places.stop) for name in names if name not in heard}
        plan = now.score.plan
        if plan is not None:  # what the one piece keeps the other need not
            plan = _of_its_bars(plan, now.score)
        moment = replace(now, score=replace(now.score, plan=plan)).with_score(told, moved)
        moment = replace(moment, locks=moment.locks | self._locked(laid))
        said = moment.score.plan
        free = said is not None and any(as_played(moment.score, said))
        if cells - moment.locks:
            moment = moment.with_score(write(moment, frozenset(cells), by, self.seed))
        return replace(moment, score=replace(moment.score, plan=None)) if free else moment

    def _laid(self, score: Score) -> _Laid:
        first, second, names = _same_tracks(score, self.score)
        second, upbeat = _with_whole_pickup(second)
        at, count = len(first.bars), max(self.bars - upbeat, 0)
        both = joined(first, second)
        if count:
            both = joined(joined(first, _bridge(first, second, count)), second)
        written = self.bars and count + upbeat
        if written:
            both = replace(both, sections=(*both.sections, Section(self.section, at, written)))
        return _Laid(both, range(at, at + count), upbeat, names)

    def _locked(self, laid: _Laid) -> Cells:
        """The locked bars of the other piece, where they come to stand."""
        theirs = frozenset[Cell]().union(*(place.cells(self.score) for place in self.locks))
        return frozenset((laid.names[name], laid.bars.stop + bar) for name, bar in theirs)

    def _told(self, score: Score, bars: list[int], style: str, by: Composer) -> Score:
        """The score with chords for the transition."""
        if not bars:
            return score
        if self.chords is not None:
            return stated_chords(score, bars, self.chords)
        start, end = score.bar_starts[bars[-1]], score.bar_starts[bars[-1] + 1]
        key = score.key_at(min(end, score.ticks - 1))
        if not score.chords or key is None:
            return written_chords(score, bars, style, by.loaded, self.seed)
        if bars[:-1]:
            score = written_chords(score, bars[:-1], style, by.loaded, self.seed)
        dominant = roman_to_chord("V7", key)
        return with_chords(score, start, end, [ChordSpan(start, end - start, dominant)])


def _of_its_bars(plan: Plan, score: Score) -> Plan:
    """The plan without rests, and what it asks of the whole piece asked of the bars it has now."""
    lowest, last = numbers_of(score)
    bars = Bars(lowest, last)

    def placed(rule: Rule) -> Rule:
        return rule if rule.place is not None else replace(rule, where=bars)

    return replace(
        plan,
        tracks=tuple(replace(track, rest=None) for track in plan.tracks),
        rules=tuple(map(placed, plan.rules)),
        wishes=tuple(replace(wish, rule=placed(wish.rule)) for wish in plan.wishes),
    )


def _with_whole_pickup(score: Score) -> tuple[Score, bool]:
    """The score with a rest before its pickup, so that its first bar is whole; whether it had one.

    Its first section begins after that bar.
    """
    if not score.has_pickup:
        return score, False
    lead = score.lead(0)
    full = replace(score, bars=(Bar(score.bars[0].meter), *score.bars[1:]), plan=None)

    def later(tick: int) -> int:
        return tick + lead if tick else 0

    tracks = tuple(
        replace(
            track,
            notes=tuple(replace(note, onset=note.onset + lead) for note in track.notes),
            controls=tuple(replace(c, tick=c.tick + lead) for c in track.controls),
        )
        for track in score.tracks
    )
    sections = (s if s.bar else replace(s, bar=1, bars=s.bars - 1) for s in score.sections)
    return replace(
        full,
        tracks=tracks,
        tempos=tuple(replace(change, tick=later(change.tick)) for change in score.tempos),
        keys=tuple(replace(change, tick=later(change.tick)) for change in score.keys),
        chords=tuple(replace(span, onset=span.onset + lead) for span in score.chords),
        sections=tuple(section for section in sections if section.bars),
    ), True


def _same_tracks(first: Score, second: Score) -> tuple[Score, Score, dict[str, str]]:
    """Both scores with the tracks of both, those that are one in the same place; and what each
    track of the second is called there."""
    left = list(second.tracks)
    called: dict[str, str] = {}
    found: list[tuple[Track, Track]] = []
    for track in first.tracks:
        same = [other for other in left if other.program == track.program]
        same.sort(key=lambda other: (other.name != track.name, other.role != track.role))
        other = replace(track, notes=(), controls=())
        if same and (same[0].name == track.name or same[0].role == track.role):
            left.remove(same[0])
            called[same[0].name] = track.name
            other = replace(track, notes=same[0].notes, controls=same[0].controls)
        found.append((track, other))
    names = [track.name for track in first.tracks]
    for other in left:
        name = free_name(other.name, names)
        names.append(name)
        called[other.name] = name
        named = replace(other, name=name)
        found.append((replace(named, notes=(), controls=()), named))
    ours, theirs = zip(*found, strict=True)
    return replace(first, tracks=ours), replace(second, tracks=theirs, plan=None), called


def _bridge(first: Score, second: Score, count: int) -> Score:
    """Silent bars between two scores, whose tempo and key lead from one to the other."""
    bars = (Bar(first.bars[-1].meter),) * count
    length = bars[0].ticks
    begin, end = first.tempos[-1].bpm, second.tempos[0].bpm
    tempos = [
        TempoChange(place * length, round(begin + (end - begin) * (place + 1) / (count + 1), 2))
        for place in range(count)
    ]
    key = second.key_at(0)
    keys = () if key is None else (KeyChange(count // 2 * length, key),)
    tracks = tuple(replace(track, notes=(), controls=()) for track in first.tracks)
    return Score(bars, tracks, tuple(tempos), keys)
