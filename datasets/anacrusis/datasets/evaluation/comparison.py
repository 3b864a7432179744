"""Measures of composed music beside those of music by people: bands, tables, what lies outside."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .form import MEASURES, Measure

ALL = "all styles"
LOW, HIGH = 0.1, 0.9
"""The band: between these quantiles lie four fifths of the music by people."""


class Sample(NamedTuple):
    """The measures of one piece. human: whether people wrote it."""

    name: str
    style: str
    human: bool
    values: Mapping[str, float]


class Band(NamedTuple):
    """10 %, 50 % and 90 % of a measure, its mean, and of how many pieces."""

    low: float
    middle: float
    high: float
    mean: float
    pieces: int


class Comparison(NamedTuple):
    """A measure in one style, or over all of them.

    inside: share of the composed pieces within the human band. higher: chance that a composed piece
    has more of it than one by people, where both are drawn at random (Vargha and Delaney 2000); 0.5
    where they are alike.
    """

    measure: Measure
    style: str
    human: Band
    generated: Band
    inside: float
    higher: float

    @property
    def median_inside(self) -> bool:
        """Whether the composed median (the mean of a yes-or-no measure) is as music by people.

        A yes-or-no measure has no band: there the 95 % interval of the difference holds zero. It is
        that of Agresti and Caffo 2000: as if each side had one piece more of either kind.
        """
        human, generated = self.human, self.generated
        if self.measure.yes_no:
            sides = [(band.mean * band.pieces + 1, band.pieces + 2) for band in (human, generated)]
            (one, other) = (yes / pieces for yes, pieces in sides)
            variance = one * (1 - one) / sides[0][1] + other * (1 - other) / sides[1][1]
            return abs(one - other) <= 1.96 * sqrt(variance)
        return human.low <= generated.middle <= human.high


def compare(samples: Sequence[Sample]) -> list[Comparison]:
    """Each measure over all styles, then in each style; left out where one side has nothing.

    Over all styles each of them counts the same, however many pieces it has.
    """
    styles = list(dict.fromkeys(sample.style for sample in samples))
    found = []
    for style in (ALL, *styles):
        among = [sample for sample in samples if style in (ALL, sample.style)]
        for measure in MEASURES:
            sides = {
                human: [s for s in among if s.human == human and measure.name in s.values]
                for human in (True, False)
            }
            both = {s.style for s in sides[True]} & {s.style for s in sides[False]}
            if both:
                found.append(_comparison(measure, style, sides, both))
    return found


def _comparison(
    measure: Measure, style: str, sides: Mapping[bool, list[Sample]], styles: set[str]
) -> Comparison:
    bands, values, weights = {}, {}, {}
    for human, members in sides.items():
        kept = [sample for sample in members if sample.style in styles]
        counts = {name: sum(s.style == name for s in kept) for name in styles}
        values[human] = np.array([sample.values[measure.name] for sample in kept])
        weights[human] = np.array([1 / counts[s.style] for s in kept]) / len(styles)
        bands[human] = band(values[human], weights[human])
    within = (values[False] >= bands[True].low) & (values[False] <= bands[True].high)
    inside = float(weights[False][within].sum())
    differences = np.sign(np.subtract.outer(values[False], values[True]))
    higher = 0.5 + 0.5 * float(weights[False] @ differences @ weights[True])
    return Comparison(measure, style, bands[True], bands[False], inside, higher)


def band(values: ArrayLike, weights: ArrayLike) -> Band:
    """Quantiles and mean of weighted values; weights add up to 1.

    A quantile is the least value at or below which that share of the weight lies.

    >>> band([3, 1, 2], [1 / 3, 1 / 3, 1 / 3])
    Band(low=1.0, middle=2.0, high=3.0, mean=2.0, pieces=3)
    """
    numbers, shares = np.asarray(values, float), np.asarray(weights, float)
    order = np.argsort(numbers, kind="stable")
    reached = np.cumsum(shares[order]) + 1e-9  # rounding must not skip a value
    places = np.minimum(np.searchsorted(reached, (LOW, 0.5, HIGH)), len(numbers) - 1)
    low, middle, high = numbers[order][places].tolist()
    return Band(low, middle, high, float(numbers @ shares), len(numbers))


def table(found: Iterable[Comparison]) -> str:
    """A Markdown table per style; medians outside the human band are marked."""
    lines: list[str] = []
    style = None
    for one in found:
        if one.style != style:
            style = one.style
            lines += [
                *([""] if lines else []),
                f"## {style[0].upper()}{style[1:]}",
                "",
                "| measure | unit | human 10 / 50 / 90 % | composed 10 / 50 / 90 % | means "
                "| pieces | higher | composed in band | median |",
                "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
            ]
        human, generated = one.human, one.generated
        means = f"{human.mean:.2f}, {generated.mean:.2f}"
        pieces = f"{human.pieces}, {generated.pieces}"
        quantiles = ("–", "–") if one.measure.yes_no else (_quantiles(human), _quantiles(generated))
        inside = "–" if one.measure.yes_no else f"{one.inside:.0%}"
        median = "in" if one.median_inside else "**out**"
        lines.append(
            f"| {one.measure.name} | {one.measure.unit} | {quantiles[0]} | {quantiles[1]} "
            f"| {means} | {pieces} | {one.higher:.2f} | {inside} | {median} |"
        )
    return "\n".join(lines)


def _quantiles(of: Band) -> str:
    return f"{of.low:.2f} / {of.middle:.2f} / {of.high:.2f}"


def legend() -> str:
    """What each measure says, as a Markdown list."""
    return "\n".join(f"- **{one.name}** ({one.unit}): {one.says}" for one in MEASURES)
