"""What a command says when a song is done."""

from pathlib import Path
from typing import TYPE_CHECKING

from anacrusis.compose.wording import bars_in_words, counted

from .console import say
from .song import Composed

if TYPE_CHECKING:
    from anacrusis.render.render import RenderResult


def report_song(composed: Composed, files: list[Path]) -> None:
    """Print what was composed and where every file lies."""

    score = composed.score
    plan = score.plan
    pickup = score.has_pickup
    bars = bars_in_words(len(score.bars) - pickup, pickup)
    say(
        f"{score.title}: {bars}, {counted(composed.notes, 'note')}, "
        f"{score.duration:.0f} s of music in {score.keys[0].key if score.keys else 'no key'}, "
        f"composed in {composed.seconds:.1f} s"
        + (f" (seed {plan.seed})" if plan is not None else "")
    )
    if composed.in_time is not None:
        by_model, by_prior = composed.in_time.by_model, composed.in_time.by_prior
        say(
            f"  in time: {counted(by_model, 'bar')} by the model, {by_prior} in its manner, "
            f"{len(score.bars) - by_model - by_prior} as short as could be"
        )
    for section in score.sections:
        chords = [
            str(span.chord)
            for span in score.chords
            if score.bar_starts[section.bar]
            <= span.onset
            < score.bar_starts[section.bar + section.bars]
        ]
        say(f"  {section.name} ({counted(section.bars, 'bar')}): {' '.join(chords)}")
    for path in files:
        say(str(path))


def report_render(rendered: "RenderResult") -> None:
    """Print the sound files and their loudness."""
    for path in (*rendered.files, *rendered.stems):
        say(str(path))
    loudness = rendered.loudness
    asked = "" if loudness.reached else f" (asked for {loudness.target})"
    say(
        f"  {rendered.seconds:.0f} s at {rendered.sample_rate} Hz, {loudness.lufs:.1f} LUFS{asked}"
        f", true peak {loudness.true_peak:.1f} dBTP; sounds: {rendered.sounds}"
    )
