"""Held-out music by people, cut to the lengths that are composed, and plans for the like of it."""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from statistics import mode
from typing import NamedTuple

import numpy as np

from anacrusis.compose.errors import DataError
from anacrusis.compose.plan import Plan, SectionPlan, TrackPlan
from anacrusis.compose.score import Score

from ..assemble import Unit, divided_pieces
from ..collect import collected
from ..loaders.clean import cut
from ..loaders.piece import Piece
from ..processes import Progress
from ..registry import training_cards
from ..sources import file_checksum

SHORTEST: Mapping[str, int] = {"game": 32, "song": 32, "hymn": 12, "quartet": 32, "lead sheet": 16}
"""Fewest bars of a window by style: hymns, chorales and tunes are written on fewer than 32."""
LONGEST = 64
STYLES = tuple(SHORTEST)


class Window(NamedTuple):
    """Bars of a piece. ends: whether the last of them is the last of the piece."""

    piece: str
    name: str
    style: str
    score: Score
    ends: bool


def pieces_of(
    cache: Path, splits: Collection[str], progress: Progress | None = None
) -> dict[str, list[Piece]]:
    """The pieces of some splits, in the division by which `prepare` makes shards of all clean sets.

    cache: the folder of pieces that have been read. Raises `DataError` where it holds none.
    """
    units = [
        Unit(card.name, path, file_checksum(path))
        for card in training_cards()
        for path in collected(card.name, cache)
    ]
    found: dict[str, list[Piece]] = {split: [] for split in splits}
    for piece, split in divided_pieces(units, cache / "signatures", splits, progress=progress):
        if piece.style in SHORTEST:
            found[split].append(piece)
    for split, pieces in found.items():
        if not pieces:
            raise DataError(
                f"{cache} holds no {split} pieces of {', '.join(STYLES)}; read the sets first, "
                "with `anacrusis data stats --from FOLDER`, or name the folder with --cache"
            )
    return found


def windows(piece: Piece) -> Iterator[Window]:
    """Equal parts of a piece, each of at most 64 bars; none where it is too short for its style."""
    bars = len(piece.score.bars)
    if bars < SHORTEST[piece.style]:
        return
    count = -(-bars // LONGEST)
    edges = [bars * place // count for place in range(count + 1)]
    for number, (first, stop) in enumerate(pairwise(edges), 1):
        score = cut(piece.score, first, stop)
        if any(track.notes and not track.is_drums for track in score.tracks):
            name = piece.id if count == 1 else f"{piece.id}, part {number}"
            yield Window(piece.id, name, piece.style, score, stop == bars)


def draw(found: list[Window], style: str, count: int, seed: int = 0) -> list[Window]:
    """Windows of a style in random order, at most so many; every piece once before any twice."""
    members = [window for window in found if window.style == style]
    rng = np.random.default_rng((seed, STYLES.index(style)))
    members = [members[place] for place in rng.permutation(len(members))]
    turn: dict[str, int] = {}
    turns = []
    for window in members:
        turns.append(turn.get(window.piece, 0))
        turn[window.piece] = turns[-1] + 1
    order = sorted(range(len(members)), key=turns.__getitem__)
    return [members[place] for place in order[:count]]


def plan_like(window: Window, seed: int) -> Plan:
    """A plan with the style, bars, meter and tracks of a window; all else is left to the model."""
    score = window.score
    pickup = score.bars[0].length is not None and len(score.bars) > 1
    meter = mode(bar.meter for bar in score.bars)
    tracks = [
        TrackPlan.of_role(track.role, f"{track.role} {number}", track.program)
        for number, track in enumerate(score.tracks, 1)
        if track.notes
    ]
    section = SectionPlan("piece", len(score.bars) - pickup)
    return Plan(
        (section,), tuple(tracks), title=f"like {window.name}"[:100], meter=meter,
        style=window.style, seed=seed, open_form=True,
    )  # fmt: skip
