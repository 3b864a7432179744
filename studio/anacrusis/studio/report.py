"""What a command says when a song is done."""

from pathlib import Path
from typing import TYPE_CHECKING

from .console import say
from .song import Composed

if TYPE_CHECKING:
    from anacrusis.render.render import RenderResult


def report_song(composed: Composed, files: list[Path], rendered: "RenderResult | None") -> None:
    """Print what was composed and where every file lies."""
    score = composed.score
    plan = score.plan
    say(
        f"{score.title}: {len(score.bars)} bars, {composed.notes} notes, "
        f"{score.duration:.0f} s of music in {score.keys[0].key if score.keys else 'no key'}, "
        f"composed in {composed.seconds:.1f} s"
        + (f" (seed {plan.seed})" if plan is not None else "")
    )
    for section in score.sections:
        chords = [
            str(span.chord)
            for span in score.chords
            if score.bar_starts[section.bar]
            <= span.onset
            < score.bar_starts[section.bar + section.bars]
        ]
        say(f"  {section.name} ({section.bars} bars): {' '.join(chords)}")
    for path in files:
        say(str(path))
    if rendered is not None:
        report_render(rendered)


def report_render(rendered: "RenderResult") -> None:
    """Print the sound files and their loudness."""
    for path in (*rendered.files, *rendered.stems):
        say(str(path))
    say(f"  {rendered.loudness}; sounds: {rendered.sounds}")
