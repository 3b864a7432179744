"""The meter check on pieces whose bars are right, and on the same pieces with wrong bars."""

from dataclasses import replace
from zlib import crc32

from analysis_sets import Sets, bare, held_out, table

from anacrusis.compose.analysis.meters import check_meter, longest_stretch
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Score
from anacrusis.datasets.loaders.clean import cut

SETS = {"pop909": 3, "openscore_quartets": 2, "openscore_lieder": 3, "openewld_pd": 1,
        "openhymnal": 1, "groove_midi": 1}  # fmt: skip
"""Sets with trusted bars; one unit in so many is read."""


def steady(score: Score) -> Score:
    """The longest stretch of full bars of one meter, as a score of its own."""
    first, after = longest_stretch(score)
    return cut(bare(score), first, after) if after else bare(score)


def shifted(score: Score, beats: int) -> Score:
    """The same notes, so many beats later in their bars."""
    ticks = score.bars[0].meter.beats[beats]
    tracks = tuple(
        replace(track, notes=tuple(replace(n, onset=n.onset + ticks) for n in track.notes))
        for track in score.tracks
    )
    return replace(score, bars=(*score.bars, score.bars[0]), tracks=tracks)


def exchanged(score: Score) -> Score | None:
    """The same notes in bars of three quarters instead of four, or of four instead of three."""
    ticks = score.bars[0].meter.ticks
    if ticks not in (24, 36, 48, 72, 96):
        return None
    other = Meter(3, 4) if ticks in (24, 48, 96) else Meter(4, 4)
    return replace(score, bars=(Bar(other),) * -(-score.ticks // other.ticks), tempos=())


def report(sets: Sets) -> str:
    """The table: right bars kept, wrong bars noticed, and how often the right reading is best."""
    rows = []
    for name, every in SETS.items():
        best: list[bool] = []
        kept: list[bool] = []
        moved: list[bool] = []
        swapped: list[bool] = []
        for piece in sets.pieces(name, every):
            score = steady(piece.score)
            right = check_meter(score) if held_out(piece) else None
            if right is None:
                continue
            meter = score.bars[0].meter
            best.append((right.bar, right.shift) == (meter.ticks, 0))
            kept.append(right.fits)
            beats = 1 + crc32(piece.id[::-1].encode()) % (len(meter.beats) - 1)
            if (late := check_meter(shifted(score, beats))) is not None:
                moved.append(not late.fits)
            other = exchanged(score)
            if other is not None and (wrong := check_meter(other)) is not None:
                swapped.append(not wrong.fits)
        share = [sum(part) / max(len(part), 1) for part in (best, kept, moved, swapped)]
        wrong_share = (sum(moved) + sum(swapped)) / max(len(moved) + len(swapped), 1)
        rows.append((name, len(kept), *share, (share[1] + wrong_share) / 2))
    head = ("set", "pieces", "right bars are the likeliest", "right bars kept", "shifted: noticed",
            "exchanged: noticed", "balanced accuracy")  # fmt: skip
    return table(head, rows)
