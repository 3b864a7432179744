"""What of a piece depends on a change of its plan: which bars of which tracks, and no others."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from ..decoding.reprises import reprised_bars
from ..plan import Plan, TrackPlan
from ..plan_section import SectionPlan
from ..rules.base import Rule
from ..rules.counterpoint import NoCrossing, Spacing
from ..rules.places import bars_at
from ..rules.texture import Playable
from ..score import Score
from ..verify.lane import same_harmony
from .carry import AS_A_WHOLE
from .leading import basses_turned, doubling, hanging_on
from .places import Cell, Cells


@dataclass(frozen=True)
class Dependence:
    """What a change of plan leaves, and what it does not.

    cells: bars of the new plan, by track, whose notes are to be written anew. moved: for each bar
    of the new plan the old bar whose music stays there, or None. tracks: for each track of the new
    plan the name of the old one that it was, or None.
    """

    cells: Cells
    moved: tuple[int | None, ...]
    tracks: tuple[str | None, ...]


def depends(old: Plan, new: Plan, score: Score | None = None) -> Dependence:
    """The bars whose notes depend on what two plans differ in.

    Both are complete plans. score: one of the old plan; by its notes bars depend also on those
    beside them (see `hanging_on`), and bars that would fall silent. These depend:

    - every bar, where seed or style differ; no bar, where title, tempo or swing do, or, but
      for rules, instrument
    - bars that are new, and those that sections begin or cease to end with
    - in pitched tracks, bars whose chords or keys differ; of basses also those at whose start the
      harmony changes and did not
    - all bars of a track whose role, range, polyphony, density, register or rests differ
    - the bars and tracks of a rule, or wish, that only one of the plans has, or that is now about
      other music; of `playable` also those of a track that has another instrument
    - bars that double these by a rule
    - bars that repeat any of these, and sections that vary them
    """
    before, after = old.skeleton(), new.skeleton()
    moved = _aligned(before, after)
    back = reprised_bars(new, after)
    names = _renamed(old.tracks, new.tracks)
    cells: set[Cell] = set()
    pitched = [track.name for track in new.tracks if track.role != "drums"]
    every = [track.name for track in new.tracks]
    anew = (old.seed, old.style) != (new.seed, new.style)
    for bar, was in enumerate(moved):
        if was is None or anew:
            cells |= {(name, bar) for name in every}
        elif _differs(before, was, after, bar, bar in back) or _closes(before, was, after, bar):
            cells |= {(name, bar) for name in pitched}
    stays = {track.name: track for track in old.tracks}
    for track, name in zip(new.tracks, names, strict=True):
        if name is None or not _plays_alike(stays[name], track):
            cells |= {(track.name, bar) for bar in range(len(moved))}
    cells |= basses_turned(before, after, moved)
    cells |= set(_of_rules(old, new, before, after, moved, names))
    cells |= doubling(new, after, cells)
    if score is not None:
        cells |= set(_beside(score, frozenset(cells), moved, names, new.tracks))
        silent = set(_silent(score, cells, moved, names, new.tracks))
        cells |= silent | set(_beside(score, frozenset(silent), moved, names, new.tracks))
    were = reprised_bars(old, before)
    for bar, model in sorted(back.items(), reverse=True):
        was = moved[bar]
        if was is not None and moved[model] == were.get(was):  # it was a return of the same before
            cells |= {(name, model) for name in every if (name, bar) in cells}
        else:
            cells |= {(name, bar) for name in every}
    for varied in variations(new, after):
        bars = [*varied.bars, *varied.models]
        touched = any((name, bar) in cells for name in every for bar in bars)
        if touched or _varied_otherwise(old, new.sections[varied.section]):
            cells |= {(name, bar) for name in every for bar in varied.bars}
    cells |= {
        (name, bar) for bar, model in back.items() for name in every if (name, model) in cells
    }
    return Dependence(frozenset(cells), moved, names)


def _aligned(before: Score, after: Score) -> tuple[int | None, ...]:
    """For each new bar the old one whose music it keeps: sections are matched, then their bars.

    A section that is shorter or longer than it was keeps its first bars.
    """
    ours, theirs = (_section_bars(score) for score in (before, after))
    old_keys, new_keys = (
        [repr((name, [score.bars[bar] for bar in bars])) for name, bars in sections]
        for score, sections in ((before, ours), (after, theirs))
    )
    moved: list[int | None] = [None] * len(after.bars)
    left, unmatched = list(range(len(ours))), list(range(len(theirs)))
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        for was, now in _pairs(ours[a:a_end], theirs[b:b_end]):
            if kind == "equal" or old_keys[ours.index(was)] not in new_keys:
                left.remove(ours.index(was))
                unmatched.remove(theirs.index(now))
                for source, place in zip(was.bars, now.bars, strict=False):
                    if before.bars[source] == after.bars[place]:
                        moved[place] = source
    for there in unmatched:  # sections that stand elsewhere
        here = next((other for other in left if old_keys[other] == new_keys[there]), None)
        if here is not None:
            left.remove(here)
            for source, place in zip(ours[here].bars, theirs[there].bars, strict=True):
                moved[place] = source
    return tuple(moved)


class _Bars(NamedTuple):
    """A section's name and bars."""

    name: str
    bars: range


def _section_bars(score: Score) -> list[_Bars]:
    """The sections with their bars; a pickup is one of its own."""
    found = [_Bars("", range(score.sections[0].bar))] if score.sections[0].bar else []
    return found + [_Bars(s.name, range(s.bar, s.bar + s.bars)) for s in score.sections]


def _pairs(ours: list[_Bars], theirs: list[_Bars]) -> Iterator[tuple[_Bars, _Bars]]:
    """Old and new sections that belong together: as many of each one by one, else by name."""
    if len(ours) == len(theirs):
        yield from zip(ours, theirs, strict=True)
        return
    left = list(ours)
    for section in theirs:
        same = next((other for other in left if other.name == section.name), None)
        if same is not None:
            left = left[left.index(same) + 1 :]
            yield same, section


def _renamed(old: Sequence[TrackPlan], new: Sequence[TrackPlan]) -> tuple[str | None, ...]:
    """For each new track the old one that it was: of its name, else in its place, if that is free
    and of its role."""
    names = {track.name for track in old}
    taken = {track.name for track in new}
    found: list[str | None] = []
    for place, track in enumerate(new):
        if track.name in names:
            found.append(track.name)
        elif place < len(old) and old[place].name not in taken and old[place].role == track.role:
            found.append(old[place].name)
        else:
            found.append(None)
    return tuple(found)


def _plays_alike(old: TrackPlan, new: TrackPlan) -> bool:
    """Whether what a track may play is the same, whatever it is called and played on."""
    return replace(old, name=new.name, program=new.program) == new


def _differs(before: Score, was: int, after: Score, bar: int, returns: bool) -> bool:
    """Whether chords or keys of a bar differ; what returns does so whatever its key."""
    first, second = before.bar_starts[was], after.bar_starts[bar]
    places = {0}
    for score, start, index in ((before, first, was), (after, second, bar)):
        end = score.bar_starts[index + 1]
        marks = [tick for span in score.chords for tick in (span.onset, span.end)]
        marks += [change.tick for change in score.keys]
        places |= {tick - start for tick in marks if start < tick < end}
    return any(
        (before.key_at(first + place) != after.key_at(second + place) and not returns)
        or not same_harmony(before.chord_at(first + place), after.chord_at(second + place))
        for place in places
    )


def _closes(before: Score, was: int, after: Score, bar: int) -> bool:
    """Whether a bar now ends a section, or the piece, and did not."""
    return _ends(after, bar) > _ends(before, was)


def _ends(score: Score, bar: int) -> int:
    borders = {section.bar for section in score.sections}
    return (bar + 1 in borders or bar + 1 == len(score.bars)) + (bar + 1 == len(score.bars))


def _of_rules(
    old: Plan,
    new: Plan,
    before: Score,
    after: Score,
    moved: Sequence[int | None],
    names: Sequence[str | None],
) -> Iterator[Cell]:
    """The bars, of the new plan, of which rules and wishes do not ask what they asked before.

    A rule whose text is the same may now be about other music, or other voices. Where it is about a
    place as a whole, all of it is asked anew.
    """
    ours, theirs = _demands(old), _demands(new)
    places = {was: now for now, was in enumerate(moved) if was is not None}
    called = {name: track.name for track, name in zip(new.tracks, names, strict=True) if name}
    for text in ours.keys() | theirs.keys():
        asked = _cells_of(theirs[text], new, after) if text in theirs else []
        were = _cells_of(ours[text], old, before) if text in ours else []
        was = [(called[name], places.get(bar, -1)) for name, bar in were if name in called]
        rule = theirs.get(text)
        found = _alike(asked, new, after)
        kept = {
            (called[name], places[bar])
            for name, bar in _alike(were, old, before)
            if name in called and bar in places
        }
        whole = isinstance(rule, AS_A_WHOLE) and _by_track(was) != _by_track(
            cell for cell in asked if cell[0] in called.values()
        )
        if whole or (rule is not None and _otherwise_voiced(rule, old, new, called)):
            yield from kept | found
        else:
            yield from kept ^ found
        if isinstance(rule, Playable) and text in ours:
            yield from (cell for cell in found if cell[0] in _on_another(old, new, called))


def _by_track(cells: Iterable[Cell]) -> list[Cell]:
    """Cells track by track, those of each in the order they had."""
    return sorted(cells, key=lambda cell: cell[0])


def _on_another(old: Plan, new: Plan, called: Mapping[str, str]) -> set[str]:
    """The new names of the tracks that were played on another instrument."""
    programs = {track.name: track.program for track in new.tracks}
    return {
        called[track.name]
        for track in old.tracks
        if track.name in called and programs[called[track.name]] != track.program
    }


def _otherwise_voiced(rule: Rule, old: Plan, new: Plan, called: Mapping[str, str]) -> bool:
    """Whether a rule on voices in their order now finds those that were there before in another, or
    beside others."""
    if not isinstance(rule, NoCrossing | Spacing):
        return False
    were = [called.get(old.tracks[place].name) for place in rule.concerns(old.tracks)]
    now = [new.tracks[place].name for place in rule.concerns(new.tracks)]
    stay = [name for name in now if name in called.values()]
    if isinstance(rule, Spacing):
        return not set(pairwise(stay)) <= set(pairwise(were))
    return stay != [name for name in were if name in stay]


def _demands(plan: Plan) -> dict[str, Rule]:
    rules = {str(rule): rule for rule in plan.rules}
    return rules | {str(wish): wish.rule for wish in plan.wishes}


def _cells_of(rule: Rule, plan: Plan, layout: Score) -> list[Cell]:
    """The bars that a rule is about, track by track, in order."""
    bars = bars_at(rule.place, layout.sections, len(layout.bars), bool(plan.pickup))
    return [(plan.tracks[place].name, bar) for place in rule.concerns(plan.tracks) for bar in bars]


def _alike(cells: Iterable[Cell], plan: Plan, layout: Score) -> set[Cell]:
    """Some bars, and those of the same music: what they repeat, and what repeats it."""
    back = reprised_bars(plan, layout)
    music = {(name, back.get(bar, bar)) for name, bar in cells}
    again = {(name, bar) for bar, model in back.items() for name, first in music if first == model}
    return music | again


def _beside(
    score: Score,
    cells: Cells,
    moved: Sequence[int | None],
    names: Sequence[str | None],
    tracks: Sequence[TrackPlan],
) -> Iterator[Cell]:
    """The bars beside some, that stand beside them in the old score too, and hang on them."""
    was = {track.name: name for track, name in zip(tracks, names, strict=True)}
    called = {name: track for track, name in was.items() if name is not None}
    places = {old: new for new, old in enumerate(moved) if old is not None}
    sources = ((was[name], moved[bar]) for name, bar in cells)
    old_cells = frozenset((name, bar) for name, bar in sources if name and bar is not None)
    resting = [was[track.name] or "" for track in tracks if track.rest is not None]
    for name, bar in hanging_on(score, old_cells, resting):
        if bar in places:
            yield called[name], places[bar]


def _silent(
    score: Score,
    cells: Collection[Cell],
    moved: Sequence[int | None],
    names: Sequence[str | None],
    tracks: Sequence[TrackPlan],
) -> Iterator[Cell]:
    """All tracks of the bars in which nothing would sound any more, such as where one falls out."""
    heard = {bar for _, bar in cells}
    for track, name in zip(tracks, names, strict=True):
        for note in score.track(name).notes if name is not None else ():
            first = score.bar_at(note.onset)
            if first in moved and (track.name, moved.index(first)) not in cells:
                sounds = range(first, score.bar_at(note.end - 1) + 1)
                heard |= {moved.index(bar) for bar in sounds if bar in moved}
    for bar, was in enumerate(moved):
        if bar not in heard and was is not None and score.bars[was].length is None:
            yield from ((track.name, bar) for track in tracks)


def _varied_otherwise(old: Plan, section: SectionPlan) -> bool:
    """Whether a variation was none, or of something else, or in other measure."""
    return not any(
        (was.name, was.vary, was.change) == (section.name, section.vary, section.change)
        for was in old.sections
    )


class Variation(NamedTuple):
    """The index of a section that varies another, its bars, and the bars that it varies."""

    section: int
    bars: range
    models: range


def variations(plan: Plan, layout: Score) -> list[Variation]:
    """The sections of a plan that vary others."""
    first: dict[str, int] = {}
    found: list[Variation] = []
    for index, (planned, placed) in enumerate(zip(plan.sections, layout.sections, strict=True)):
        if planned.vary is not None:
            bars = range(placed.bar, placed.bar + placed.bars)
            begin = first[planned.vary]
            found.append(Variation(index, bars, range(begin, begin + placed.bars)))
        first.setdefault(planned.name, placed.bar)
    return found
