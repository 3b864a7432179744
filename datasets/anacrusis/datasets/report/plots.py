"""One figure of panels per set. Needs matplotlib (the `report` extra)."""

import io
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .palette import in_palette
from .profile import Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR, _LINE = "#4878a8", "#c0392b"
_MOST = 12
"""Most rows of a panel of counts."""


def figure(found: Profile) -> bytes:
    """The panels of a set that has such things, as PNG."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = _panels(found)
    rows = -(-len(panels) // 3)
    with mpl.rc_context({"font.size": 8, "axes.titlesize": 9}):
        page = Figure(figsize=(9.6, 2.5 * rows), layout="constrained")
        FigureCanvasAgg(page)
        for place, (title, draw) in enumerate(panels, 1):
            axes = page.add_subplot(rows, 3, place)
            axes.set_title(title)
            axes.spines[["top", "right"]].set_visible(False)
            draw(axes)
        buffer = io.BytesIO()
        page.savefig(buffer, format="png", metadata={"Software": None})
    return in_palette(buffer.getvalue(), 64)


def _panels(found: Profile) -> list[tuple[str, "Callable[[Axes], None]"]]:
    panels: list[tuple[str, Callable[[Any], None]]] = [
        ("bars of a piece", lambda axes: _histogram(axes, found.lengths)),
        ("meters, bars", lambda axes: _counts(axes, found.meters)),
    ]
    if found.tempi:
        panels.append(("tempo, quarters per minute", lambda axes: _histogram(axes, found.tempi)))
    if found.keys:
        panels.append(("keys, bars", lambda axes: _counts(axes, found.keys)))
    if found.has_notes:
        panels.append(("pitches by role", lambda axes: _ranges(axes, found)))
        panels.append(("notes per bar, by role", lambda axes: _densities(axes, found)))
    if found.has_chords:
        panels.append(("chord qualities", lambda axes: _counts(axes, found.qualities)))
    if found.harmonies:
        panels.append(
            ("chords in the key, share of time", lambda axes: _counts(axes, found.harmonies))
        )
        panels.append(("chords per bar", lambda axes: _histogram(axes, found.changes)))
    if found.sections:
        panels.append(("sections", lambda axes: _counts(axes, found.sections)))
        panels.append(("bars of a section", lambda axes: _histogram(axes, found.section_bars)))
    return panels


def _counts(axes: "Axes", counts: Counter[str]) -> None:
    """Horizontal bars of the commonest values, as shares."""
    total = sum(counts.values())
    common = counts.most_common(_MOST)
    names = [name for name, _ in common]
    shares = [100 * count / total for _, count in common]
    rest = 100 - sum(shares)
    if len(counts) > _MOST:
        names.append(f"{len(counts) - _MOST} others")
        shares.append(rest)
    axes.barh(names, shares, color=_BAR)
    axes.invert_yaxis()
    axes.set_xlabel("%")


def _histogram(axes: "Axes", values: Sequence[float]) -> None:
    """Up to the 98th percentile, with the median marked; the rest stand in the last bin."""
    numbers = np.asarray(values, float)
    top = float(np.percentile(numbers, 98))
    whole = bool(np.all(numbers == np.round(numbers)))
    low, high = float(numbers.min()), max(top, float(numbers.min()) + 1)
    edges = (
        np.arange(low - 0.5, high + 1.5)
        if whole and high - low <= 30
        else np.linspace(low, high, 31)
    )
    axes.hist(np.minimum(numbers, edges[-1] - 1e-9), bins=edges.tolist(), color=_BAR)
    axes.axvline(float(np.median(numbers)), color=_LINE, lw=1)


def _ranges(axes: "Axes", found: Profile) -> None:
    """Share of each pitch, a line per role."""
    for role, heights in found.pitches.items():
        if role != "drums":
            axes.plot(np.arange(128), 100 * heights / heights.sum(), lw=1, label=role)
    axes.set_xlim(24, 100)
    axes.set_xticks([36, 48, 60, 72, 84, 96], ["C2", "C3", "C4", "C5", "C6", "C7"])
    axes.set_ylabel("%")
    if axes.lines:
        axes.legend(frameon=False, fontsize=7)
    else:
        axes.text(60, 0.5, "drums only", ha="center")


def _densities(axes: "Axes", found: Profile) -> None:
    """A box per role."""
    roles = list(found.densities)
    axes.boxplot([found.densities[role] for role in roles], tick_labels=roles, showfliers=False)
    axes.tick_params(axis="x", labelrotation=30)
