"""Bars drawn from a set, engraved, so that a reader sees how it was read (`report` extra)."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from anacrusis.compose.files.musicxml_write import write_musicxml
from anacrusis.compose.instruments import ROLES
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    Track,
)

from ..loaders.clean import cut
from ..loaders.piece import Piece
from .palette import in_palette

PAGE_WIDTH = 3600
"""Width of the page in Verovio's units."""
PIXELS = 1200
"""Width of the picture."""
FINAL = "light-heavy"
"""The last bar line of a score, in MusicXML."""


_PLAIN_SIGNS = str.maketrans(
    {0xEA64: "♭", 0xEA65: "♮", 0xEA66: "♯", 0xE870: "°", 0xE871: "ø", 0xECA5: "♩", 0xECB7: "."}
)
"""Signs of music fonts (SMuFL) in text, as those of text fonts."""


class Drawn(NamedTuple):
    """A bar that was drawn: the piece's id, and the bar's number there from 1."""

    piece: str
    bar: int


def draw_bars(pieces: Sequence[Piece], count: int, seed: int = 0) -> tuple[Score, list[Drawn]]:
    """Bars with notes from `count` different pieces, one after another, as one score.

    Every bar is a section named after its number. Tracks of the same role and place share a staff.
    Pieces without notes are left out; fewer come where there are fewer pieces.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(pieces))
    bars: list[Score] = []
    drawn: list[Drawn] = []
    for index in order:
        if len(bars) == count:
            break
        piece = pieces[int(index)]
        full = sorted({piece.score.bar_at(note.onset) for _, note in piece.score.notes()})
        if full:
            bar = int(rng.choice(full))
            bars.append(cut(piece.score, bar, bar + 1))
            drawn.append(Drawn(piece.id, bar + 1))
    return _joined(bars), drawn


def _joined(parts: Sequence[Score]) -> Score:
    """The first bars of the parts, each made full: a pickup stands at its end."""
    tracks: dict[tuple[str, int], list[Note]] = {}
    names: dict[tuple[str, int], tuple[str, int]] = {}
    bars: list[Bar] = []
    keys: list[KeyChange] = []
    chords: list[ChordSpan] = []
    start = 0
    for part in parts:
        begin = start + part.lead(0)
        places: dict[str, int] = {}
        for track in part.tracks:
            places[track.role] = places.get(track.role, 0) + 1
            staff = (track.role, places[track.role])
            names.setdefault(staff, (track.name, track.program))
            notes = tracks.setdefault(staff, [])
            notes += [replace(n, onset=n.onset + begin, shift=0.0) for n in track.notes]
        key = part.key_at(0)
        if key is not None and (not keys or keys[-1].key != key):
            keys.append(KeyChange(start, key))
        chords += [replace(span, onset=span.onset + begin) for span in part.chords]
        bars.append(Bar(part.bars[0].meter))
        start += part.bars[0].meter.ticks
    order = sorted(tracks, key=lambda staff: (ROLES.index(staff[0]), staff[1]))
    return Score(
        bars=tuple(bars),
        tracks=tuple(
            Track(f"{role} {place}" if place > 1 else role, role, names[role, place][1],
                  tuple(tracks[role, place]))
            for role, place in order
        ),
        keys=tuple(keys),
        sections=tuple(Section(str(number + 1), number, 1) for number in range(len(bars))),
        chords=tuple(chords),
    )  # fmt: skip


def engrave(score: Score) -> bytes:
    """The score as one PNG picture, as high as it needs to be."""
    import matplotlib as mpl
    import resvg_py

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    picture = resvg_py.svg_to_bytes(
        svg_string=engraved_svg(score),
        width=PIXELS,
        background="white",
        skip_system_fonts=True,
        font_dirs=[str(fonts)],
        serif_family="DejaVu Serif",
        font_family="DejaVu Serif",
    )
    return in_palette(bytes(picture), 8)


def filling_bars(score: Score, most: int) -> int:
    """How many of the first `most` bars fill systems: a last one that is half empty is left off."""
    parts = engraved_svg(cut(score, 0, most)).split('class="system"')[1:]
    bars = [part.count('class="measure"') for part in parts]
    return most - bars[-1] if len(bars) > 1 and 2 * bars[-1] < bars[0] else most


def engraved_svg(score: Score) -> str:
    """The score as one SVG page; its text needs no music font.

    What is engraved here is an excerpt: its last bar line is a plain one.
    """
    import verovio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.musicxml"
        write_musicxml(score, path)
        text = path.read_text("utf-8").replace(f">{FINAL}<", ">regular<")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "adjustPageHeight": True,
            "breaks": "auto",
            "footer": "none",
            "header": "none",
            "pageHeight": 60000,
            "pageWidth": PAGE_WIDTH,
            "scale": 40,
            "smuflTextFont": "none",
            "svgRemoveXlink": True,
            "xmlIdSeed": 1,
        }
    )
    toolkit.loadData(text)
    return str(toolkit.renderToSVG(1).translate(_PLAIN_SIGNS))
