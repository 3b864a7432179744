"""New notes for some bars of a song: all else is given, and what is locked stays."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import NamedTuple, cast

from ..decoding.compose import load_model
from ..decoding.fill import fill
from ..decoding.reprises import reprised_bars
from ..decoding.sampler import Model, Sampling
from ..decoding.side_by_side import BatchModel
from ..errors import ConstraintError, EditError
from ..plan import Plan, TrackPlan
from ..rules.base import Wish
from ..rules.places import Bars, bars_at
from ..rules.rhythm import Onsets
from ..score import Note, Score
from ..tokens.encode import track_slots
from ..verify import verify
from ..wording import has_control
from .carry import restated, with_demands
from .depends import variations
from .leading import doubling
from .moment import Moment, sounding_cells
from .places import Cell, Cells, cells_text

_UNABLE = "these are tracks beyond four of a role, which cannot be written; merge some"


class Composer(NamedTuple):
    """What writes: a model (None: the one of the package), and how daringly it is sampled."""

    model: Model | None = None
    temperature: float = 1.0
    top_p: float = 0.95

    @property
    def loaded(self) -> Model:
        """The model, loaded once."""
        return _shipped() if self.model is None else self.model

    @property
    def batch(self) -> BatchModel:
        """The model, where it writes several documents side by side; else `EditError`."""
        model = self.loaded
        if not hasattr(model, "start_batch"):
            raise EditError("this model writes one document at a time; leave takes out")
        return cast(BatchModel, model)

    @property
    def sampling(self) -> Sampling:
        """How notes are drawn."""
        return Sampling(self.temperature, self.top_p)


@lru_cache(maxsize=1)
def _shipped() -> Model:
    return load_model()


def write(
    now: Moment,
    cells: Cells,
    composer: Composer,
    seed: int,
    tracks: Mapping[str, TrackPlan] | None = None,
    returns: bool = False,
    kept: Mapping[str, Collection[Note]] | None = None,
    busy: bool = False,
) -> Score:
    """The score with the notes that begin in some bars written anew.

    Locked bars are left out; notes that ring into one stay, and their bars are written up to them.
    Tracks beyond four of a role are left as they are. What doubles others by a rule of the plan is
    written with them. Where the plan brings a section back, and both are to be written, the later
    one is a copy; with `returns` also where it alone is. tracks: range and polyphony of each track
    by name, where there is no plan. kept: more notes that stay, by track. busy: whether each bar
    has at least half as many onsets as it had, where its plan leaves room for that. Raises
    `EditError` where nothing is left to write, and where a rule about a place as a whole, of which
    only a part comes back, is not kept by what came out.
    """
    score = now.score
    if score.plan is not None:
        doubles = doubling(score.plan, score, cells - now.locks)
        now.refuse_locked(doubles, "what it doubles cannot be written anew")
        cells |= doubles
    able = {slot.track.name for slot in track_slots(score.tracks)[0]}
    free = frozenset(cell for cell in cells - now.locks if cell[0] in able)
    if not free:
        what = cells_text(score, cells) or "nothing"
        why = "all of it is locked; unlock some of it" if cells & now.locks else _UNABLE
        raise EditError(f"{what}: {why}, or choose other bars")
    staying = held_over(score, free, now.locks)
    for name, notes in (kept or {}).items():
        staying[name] = [*staying.get(name, ()), *notes]
    copies = _copies(score, free, returns)
    blanks: dict[int, set[int]] = {}
    for name, bar in free - copies.keys():
        blanks.setdefault(now.index(name), set()).add(bar)
    plans = None if tracks is None else tuple(tracks[track.name] for track in score.tracks)
    if score.plan is not None and copies:
        score = replace(score, plan=_asked_of_models(score.plan, score, copies))
    new = partial(
        fill, without(score, free, staying), blanks, now.style, tracks=plans, seed=seed,
        model=composer.loaded, sampling=composer.sampling,
        staying={now.index(name): notes for name, notes in staying.items()},
    )  # fmt: skip
    onsets = _half_as_many(now.score, free - copies.keys(), staying) if busy else []
    try:
        written = new(beside=onsets)
    except ConstraintError:
        if not onsets:
            raise
        written = new()
    done = replace(_copied(written, copies), plan=now.score.plan)
    if copies:
        _refuse_broken(done, {bar: model for (_, bar), (_, model) in copies.items()})
    return done


def _refuse_broken(score: Score, back: Mapping[int, int]) -> None:
    """Raise `EditError` where a rule is broken that could not be asked of what is copied.

    back: bar -> the bar that it is a copy of.
    """
    plan = score.plan
    for rule in () if plan is None else plan.rules:
        bars = bars_at(rule.place, score.sections, len(score.bars), score.has_pickup)
        if back.keys() & set(bars) and not any(restated(rule, score, back)):
            found = verify(score).violations
            if any(v.rule == rule.word and repr(str(rule)) in v.message for v in found):
                raise EditError(
                    f"{rule}: only some of its bars come back from elsewhere, so it was not kept; "
                    "take another seed, or state it of each section by itself"
                )


def _half_as_many(
    score: Score, cells: Cells, staying: Mapping[str, Collection[Note]]
) -> list[Onsets]:
    """That each of some bars of tracks has half of the onsets that it has in a score, or more."""
    found = []
    for track in score.tracks:
        struck: dict[int, set[int]] = {}
        for note in track.notes:
            struck.setdefault(score.bar_at(note.onset), set()).add(note.onset)
        partly = {score.bar_at(note.onset) for note in staying.get(track.name, ())}
        for bar in sorted(struck.keys() - partly):
            if (track.name, bar) in cells and not has_control(track.name):
                number, half = score.bar_number(bar), (len(struck[bar]) + 1) // 2
                place = Bars(number, number)
                found.append(Onsets(half, tracks=(track.name,), where=place))
    return found


def _asked_of_models(plan: Plan, score: Score, copies: Mapping[Cell, Cell]) -> Plan:
    """The plan with what it asks of bars that are written as copies asked of what they copy."""
    back = {bar: model for (_, bar), (_, model) in copies.items()}
    rules = [again for rule in plan.rules for again in restated(rule, score, back)]
    wishes = [
        Wish(again, wish.weight)
        for wish in plan.wishes
        for again in restated(wish.rule, score, back)
    ]
    return with_demands(plan, rules, wishes)


def without(
    score: Score, cells: Cells, staying: Mapping[str, Collection[Note]] | None = None
) -> Score:
    """The score without the notes that begin in some bars, but those that stay."""
    kept = staying or {}
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                note
                for note in track.notes
                if (track.name, score.bar_at(note.onset)) not in cells
                or note in kept.get(track.name, ())
            ),
        )
        for track in score.tracks
    )
    return replace(score, tracks=tracks)


def returned(score: Score, cells: Cells) -> Score:
    """The score with those of some bars that the plan brings back copied once more."""
    copies = _copies(score, cells, returns=False)
    return _copied(without(score, frozenset(copies)), copies)


def _copies(score: Score, cells: Cells, returns: bool) -> dict[Cell, Cell]:
    """Bars that are written as copies, because the plan brings them back, and what they copy.

    A track's part of a section is copied where the same bars of its model are written, so that
    what rings from one into the next does so in both; with `returns` also where all of it is.
    """
    if score.plan is None:
        return {}
    back = reprised_bars(score.plan, score)
    for one in variations(score.plan, score) if returns else ():  # they begin as copies
        back |= {bar: back.get(bar_, bar_) for bar, bar_ in zip(one.bars, one.models, strict=True)}
    found: dict[Cell, Cell] = {}
    for track in score.tracks:
        for section in score.sections:
            bars = range(section.bar, section.bar + section.bars)
            if section.bar not in back:
                continue
            mine = [(track.name, bar) in cells for bar in bars]
            if mine == [(track.name, back[bar]) in cells for bar in bars] or (
                returns and all(mine)
            ):
                pairs = zip(bars, mine, strict=True)
                found |= {(track.name, b): (track.name, back[b]) for b, free in pairs if free}
    return found


def _copied(score: Score, copies: Mapping[Cell, Cell]) -> Score:
    """The score with the notes of some bars repeated in others, which are empty."""
    tracks = []
    for track in score.tracks:
        notes = list(track.notes)
        for (name, bar), (_, model) in copies.items():
            if name == track.name:
                start, end = score.bar_starts[model : model + 2]
                shift = score.bar_starts[bar] - start
                inside = (note for note in track.notes if start <= note.onset < end)
                notes += [replace(note, onset=note.onset + shift) for note in inside]
        tracks.append(replace(track, notes=tuple(sorted(notes))))
    return replace(score, tracks=tuple(tracks))


def held_over(score: Score, cells: Cells, locks: Cells) -> dict[str, list[Note]]:
    """The notes of each track that begin in some bars and ring into locked ones: they stay."""
    found: dict[str, list[Note]] = {}
    for track, note in score.notes():
        first, *later = sounding_cells(score, track.name, note)
        if first in cells and any(cell in locks for cell in later):
            found.setdefault(track.name, []).append(note)
    return found
