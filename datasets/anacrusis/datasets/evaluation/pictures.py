"""Pictures beside the tables of an evaluation, as PNG; they need matplotlib (`report` extra)."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#c0392b", "#4878a8", "#7f8c8d", "#d4a017", "#5a9367")

Panel = Mapping[str, Mapping[str, float]]
"""Bars of a panel: group -> series -> value."""


def blank(width: float, height: float) -> "Figure":
    """An empty page, in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(page)
    return page


def as_png(page: "Figure", dpi: int = 120) -> bytes:
    """The page as PNG, the same bytes from the same drawing."""
    buffer = io.BytesIO()
    page.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def grouped_bars(panels: Mapping[str, Panel], marks: Mapping[str, float] | None = None) -> bytes:
    """Panels side by side, each with groups of bars, one colour for each series.

    marks: for some panels a value to draw as a dashed line, such as a published one.
    """
    import matplotlib as mpl

    series = list(dict.fromkeys(s for p in panels.values() for g in p.values() for s in g))
    width = 0.8 / max(len(series), 1)
    with mpl.rc_context({"font.size": 8, "axes.titlesize": 9}):
        page = blank(2.9 * len(panels), 3.2)
        for place, (title, groups) in enumerate(panels.items(), 1):
            axes = page.add_subplot(1, len(panels), place)
            axes.set_title(title)
            axes.spines[["top", "right"]].set_visible(False)
            for number, name in enumerate(series):
                at = [n for n, group in enumerate(groups.values()) if name in group]
                values = [group[name] for group in groups.values() if name in group]
                left = [n + (number - (len(series) - 1) / 2) * width for n in at]
                colour = COLOURS[number % len(COLOURS)]
                axes.bar(left, values, width, color=colour, label=name if place == 1 else None)
            axes.set_xticks(range(len(groups)), list(groups), rotation=20, ha="right")
            if marks and title in marks:
                axes.axhline(marks[title], ls="--", lw=1, color="black")
        page.legend(loc="outside upper center", ncols=len(series), frameon=False)
        return as_png(page)


def losses(log: Path, levels: Mapping[str, float], token: str = "token") -> bytes:
    """The losses of a training run over its tokens. levels: named values to draw as lines.

    token: what one is called there.
    """
    import matplotlib as mpl

    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    with mpl.rc_context({"font.size": 9}):
        page = blank(7.2, 3.4)
        axes = page.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        for name, key, colour in (
            ("training batches", "train_loss", "#c9d6e2"),
            ("validation", "valid_loss", "#c0392b"),
        ):
            found = [(line["tokens"], line[key]) for line in lines if key in line]
            axes.plot([t for t, _ in found], [v for _, v in found], color=colour, label=name)
        values = [line["valid_loss"] for line in lines if "valid_loss" in line]
        for name, level in levels.items():
            axes.axhline(level, ls="--", lw=1, color="black")
            axes.annotate(name, (0.01, level), xycoords=("axes fraction", "data"), va="bottom")
        axes.set_ylim(*_around([*values, *levels.values()]))
        axes.set_xlabel(f"{token}s read")
        axes.set_ylabel(f"nats per {token}")
        axes.legend(frameon=False)
        return as_png(page)


def _around(values: Sequence[float]) -> tuple[float, float]:
    """Limits that show the values from the lowest to the middle, with room."""
    low, middle = min(values), sorted(values)[len(values) // 2]
    return low - 0.15 * (middle - low + 0.05), middle + 0.8 * (middle - low + 0.05)
