"""Composed songs beside held-out music by people: the songs, their measures, a page about both."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from anacrusis.compose.atomic import write_bytes, write_text
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.sampler import Model, Sampling
from anacrusis.compose.files.json_file import read_json, write_json
from anacrusis.compose.plan import Plan
from anacrusis.compose.score import Score
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.wording import counted

from ..cache import named_after
from ..loaders.piece import Piece
from .comparison import ALL, Comparison, Sample, legend, table
from .form import MEASURES, measures
from .windows import STYLES, Window, draw, plan_like, windows

HUMAN = 100
"""Most windows of music by people in a style."""
_UNLIKE = 0.25
"""How far from a half the chance to be higher lies where both sides are called unlike."""


class Songs(NamedTuple):
    """Windows of music by people, and for some of them in turn the plan of a song like them."""

    human: list[Window]
    plans: list[Plan]


def songs_like(pieces: Iterable[Piece], songs: int, seed: int = 0) -> Songs:
    """Up to 100 windows of each style, and plans for so many songs of each.

    The first song is like the first window, the second like the second, and so on from the start
    again; every song has a seed of its own.
    """
    found = [window for piece in pieces for window in windows(piece)]
    human, plans = list[Window](), list[Plan]()
    for style in STYLES:
        drawn = draw(found, style, HUMAN, seed)
        human += drawn
        plans += [plan_like(drawn[n % len(drawn)], seed + n) for n in range(songs) if drawn]
    return Songs(human, plans)


def compose_songs(
    plans: Sequence[Plan],
    model: Model,
    weights: str,
    folder: Path,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Callable[[int, int], None] | None = None,
) -> list[tuple[Path, Score]]:
    """Compose plans to JSON files in a folder; those that lie there already are read.

    weights: what tells the model from others, such as its checksum. After a change to decoding
    itself, take another folder.
    """
    found = []
    for done, plan in enumerate(plans, 1):
        digest = named_after(repr(plan), repr(sampling), vocabulary().digest, weights)[:12]
        path = folder / f"{plan.style.replace(' ', '-')}-{plan.seed}-{digest}.json"
        if path.is_file():
            score = read_json(path)
        else:
            score = compose(plan, model=model, sampling=sampling)
            write_json(score, path)
        found.append((path, score))
        if progress:
            progress(done, len(plans))
    return found


def samples_of(human: Iterable[Window], composed: Iterable[tuple[Path, Score]]) -> list[Sample]:
    """The measures of windows and of songs."""
    people = [
        Sample(window.name, window.style, True, measures(window.score, ending=window.ends))
        for window in human
    ]
    return people + [
        Sample(path.stem, score.plan.style if score.plan else "", False, measures(score))
        for path, score in composed
    ]


def write_form_report(
    samples: Sequence[Sample], found: Sequence[Comparison], folder: Path, weights: str
) -> list[Path]:
    """Write ``form.md``, ``form.png`` and ``form.csv`` to a folder; returns their paths.

    found: what `compare` finds of the samples. Needs the `report` extra.
    """
    from .strips import figure

    write_bytes(folder / "form.png", figure(samples))
    write_text(folder / "form.csv", _values(samples))
    write_text(folder / "form.md", _page(samples, found, weights))
    return [folder / f"form.{suffix}" for suffix in ("md", "png", "csv")]


def outside(found: Iterable[Comparison]) -> list[str]:
    """One line for each measure, over all styles, whose composed median is outside the band."""
    return [
        f"{one.measure.name}: {_middle(one, False):.2f} {one.measure.unit}, by people "
        f"{_middle(one, True):.2f}"
        + ("" if one.measure.yes_no else f" ({one.human.low:.2f} to {one.human.high:.2f})")
        for one in found
        if one.style == ALL and not one.median_inside
    ]


def unlike(found: Iterable[Comparison]) -> list[str]:
    """One line for each measure, over all styles, in which most composed pieces lie on one side.

    Only those whose median is within the band: a wide band hides a difference that all share.
    """
    return [
        f"{one.measure.name}: mean {one.generated.mean:.2f} {one.measure.unit}, by people "
        f"{one.human.mean:.2f}; higher in {one.higher:.0%} of pairs"
        for one in found
        if one.style == ALL and one.median_inside and abs(one.higher - 0.5) >= _UNLIKE
    ]


def _middle(one: Comparison, human: bool) -> float:
    band = one.human if human else one.generated
    return band.mean if one.measure.yes_no else band.middle


def _page(samples: Sequence[Sample], found: Sequence[Comparison], weights: str) -> str:
    people = sum(sample.human for sample in samples)
    return "\n".join(
        [
            "# Composed music beside music by people",
            "",
            f"{counted(len(samples) - people, 'song')} composed with the weights `{weights}`, and "
            f"{counted(people, 'held-out piece')} by people, or parts of them of at most 64 bars. "
            "Each song has the style, bars, meter and tracks of one of these; form, key and chords "
            "are the model's.",
            "",
            "A band is what lies between the 10 % and the 90 % of music by people; a composed "
            "median outside it is out. Where a piece has only yes or no, the means are compared, "
            "and out is where the 95 % interval of their difference (Agresti and Caffo 2000) "
            "leaves out zero. *Higher* is the chance that a composed "
            "piece has more than one by people: 0.5 where they are alike. Over all styles each "
            "counts the same.",
            "",
            "![Every piece a dot, per style](form.png)",
            "",
            "Out, over all styles:",
            "",
            *([f"- {line}" for line in outside(found)] or ["- none"]),
            "",
            "Within the band, and yet most pieces on one side:",
            "",
            *([f"- {line}" for line in unlike(found)] or ["- none"]),
            "",
            table(found),
            "",
            "## The measures",
            "",
            legend(),
            "",
        ]
    )


def _values(samples: Iterable[Sample]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("piece", "style", "by", *(measure.name for measure in MEASURES)))
    for sample in samples:
        values = (sample.values.get(measure.name) for measure in MEASURES)
        shown = ("" if value is None else f"{value:.4f}" for value in values)
        rows.writerow((sample.name, sample.style, "people" if sample.human else "model", *shown))
    return text.getvalue()
