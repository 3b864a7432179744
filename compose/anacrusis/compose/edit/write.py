"""New notes for some bars of a song: all else is given, and what is locked stays."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from ..decoding.compose import load_model
from ..decoding.fill import fill
from ..decoding.sampler import Model, Sampling
from ..errors import EditError
from ..plan import TrackPlan
from ..score import Score
from .depends import returning
from .moment import Moment, sounding_cells
from .places import Cell, Cells, cells_text


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
) -> Score:
    """The score with the notes that begin in some bars written anew.

    Locked bars are left out, and so is what rings into one. Where the plan brings a section back,
    and both are to be written, the later one is a copy; with `returns` also where it alone is.
    tracks: range and polyphony of each track
    by name, where there is no plan. Raises `EditError` where nothing is left to write.
    """
    score = now.score
    free = cells - now.locks - _held_over(score, cells, now.locks)
    if not free:
        what = cells_text(score, cells) or "nothing"
        raise EditError(f"{what}: all of it is locked; unlock some of it, or choose other bars")
    copies = _copies(score, free)
    copies = {cell: model for cell, model in copies.items() if returns or model in free}
    blanks: dict[int, set[int]] = {}
    for name, bar in free - copies.keys():
        blanks.setdefault(now.index(name), set()).add(bar)
    plans = None if tracks is None else tuple(tracks[track.name] for track in score.tracks)
    written = fill(
        without(score, free), blanks, now.style, tracks=plans, seed=seed, model=composer.loaded,
        sampling=composer.sampling,
    )  # fmt: skip
    return replace(_copied(written, copies), plan=score.plan)


def without(score: Score, cells: Cells) -> Score:
    """The score without the notes that begin in some bars."""
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                note for note in track.notes if (track.name, score.bar_at(note.onset)) not in cells
            ),
        )
        for track in score.tracks
    )
    return replace(score, tracks=tracks)


def _copies(score: Score, cells: Cells) -> dict[Cell, Cell]:
    """Bars that the plan brings back, and the earlier bars that they are."""
    if score.plan is None:
        return {}
    back = returning(score.plan, score)
    return {(name, bar): (name, back[bar]) for name, bar in cells if bar in back}


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


def _held_over(score: Score, cells: Cells, locks: Cells) -> Cells:
    """Open bars that a note begins in which rings into a locked bar: they are kept with it."""
    kept: set[Cell] = set()
    for track, note in score.notes():
        first, *later = sounding_cells(score, track.name, note)
        if first in cells and any(cell in locks for cell in later):
            kept.add(first)
    return frozenset(kept)
