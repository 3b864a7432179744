"""A figure of all measures: every piece a dot, composed beside human, style by style.

Needs matplotlib (the `report` extra).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..report.palette import in_palette
from .comparison import Sample, band
from .form import MEASURES, Measure
from .pictures import as_png, blank

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {True: "#4878a8", False: "#c0392b"}
_NAMES = {True: "by people", False: "composed"}
_COLUMNS = 4
_ASIDE = 0.2
"""How far to the left and right of its style a side stands."""


def figure(samples: Sequence[Sample]) -> bytes:
    """One panel per measure, as PNG: a dot per piece, a bar from 10 to 90 %, the median a mark."""
    import matplotlib as mpl
    from matplotlib.lines import Line2D

    styles = list(dict.fromkeys(sample.style for sample in samples))
    rows = -(-len(MEASURES) // _COLUMNS)
    with mpl.rc_context({"font.size": 7, "axes.titlesize": 9}):
        page = blank(3.2 * _COLUMNS, 1.9 * rows)
        for place, measure in enumerate(MEASURES, 1):
            axes = page.add_subplot(rows, _COLUMNS, place)
            axes.set_title(measure.name)
            axes.set_ylabel(measure.unit)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_xticks(range(len(styles)), styles)
            axes.set_xlim(-0.6, len(styles) - 0.4)
            _panel(axes, samples, styles, measure)
        handles = [
            Line2D([], [], marker="o", ls="", color=COLOURS[human], label=_NAMES[human])
            for human in (True, False)
        ]
        page.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
        return in_palette(as_png(page, dpi=110), 64)


def _panel(
    axes: "Axes", samples: Sequence[Sample], styles: Sequence[str], measure: Measure
) -> None:
    rng = np.random.default_rng(0)
    for place, style in enumerate(styles):
        for human in (True, False):
            values = [
                sample.values[measure.name]
                for sample in samples
                if (sample.style, sample.human) == (style, human) and measure.name in sample.values
            ]
            if not values:
                continue
            at = place + (-_ASIDE if human else _ASIDE)
            colour = COLOURS[human]
            spread = at + rng.uniform(-0.13, 0.13, len(values))
            axes.scatter(spread, values, s=5, color=colour, alpha=0.45, linewidths=0)
            found = band(values, [1 / len(values)] * len(values))
            if measure.yes_no:
                axes.plot([at - 0.15, at + 0.15], [found.mean] * 2, color=colour, lw=2)
                continue
            axes.plot([at, at], [found.low, found.high], color=colour, lw=1.2)
            axes.plot([at - 0.15, at + 0.15], [found.middle] * 2, color=colour, lw=2)
