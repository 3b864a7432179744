"""A page to listen to: plans, each composed, with a picture of its beginning and its sound."""

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from anacrusis.compose.errors import PlanError
from anacrusis.compose.wording import bars_in_words, counted

from .console import Advance, note, silent
from .song import Composed, compose_song, write_scores

if TYPE_CHECKING:
    from anacrusis.compose.plan import Plan
    from anacrusis.compose.score import Score

INDEX = "index.md"
SUFFIXES = (".yaml", ".mid", ".png", ".ogg")
OGG_QUALITY = 1.5
"""About 80 kbit/s, so that forty seconds are 0.4 MB."""
_BARS, _ONSETS = 12, 80
"""Most bars in the picture, and most places where notes begin: two systems, or so."""
_PLANS = (".yaml", ".yml")


@dataclass(frozen=True)
class Listening:
    """How a page is made.

    seed: of every song, so that none is picked. seconds: of each song that are played, up to the
    bar line before. weights, font: None for the usual ones.
    """

    seed: int = 1
    seconds: float = 40.0
    weights: Path | None = None
    threads: int = 1
    font: str | None = None


def plan_files(given: list[Path]) -> list[Path]:
    """Plan files, in order; those of folders by name. Raises `PlanError` where there are none."""
    found: list[Path] = []
    for path in given:
        inside = sorted(p for p in path.iterdir() if p.suffix in _PLANS) if path.is_dir() else None
        if inside == []:
            raise PlanError(f"{path} holds no plans; give plan files (.yaml), or a folder of them")
        found += [path] if inside is None else inside
    names = [path.stem for path in found]
    if twice := [name for name in names if names.count(name) > 1 or name == Path(INDEX).stem]:
        raise PlanError(
            f"the songs of a page are named after their plans: {twice[0]!r} is taken; rename one"
        )
    return found


def page_files(plans: list[Path], folder: Path) -> list[Path]:
    """All files of a page, its index first."""
    return [
        folder / INDEX,
        *(folder / f"{plan.stem}{suffix}" for plan in plans for suffix in SUFFIXES),
    ]


def write_page(plans: list[Path], folder: Path, how: Listening, advance: Advance) -> list[Path]:
    """Compose every plan, write its files to a folder, and an index of them; returns all paths.

    Files that are there are overwritten. Needs the `report` extra and a SoundFont.
    """
    from anacrusis.compose.atomic import write_bytes, write_text
    from anacrusis.compose.decoding.sampler import Sampling
    from anacrusis.compose.plan_file import read_plan
    from anacrusis.datasets.loaders.clean import cut
    from anacrusis.datasets.report.engraving import engrave, filling_bars
    from anacrusis.render.fontfetch import find_or_fetch_font
    from anacrusis.render.render import RenderSettings, render

    asked = [read_plan(path).with_seed(how.seed) for path in plans]
    find_or_fetch_font(how.font, note)
    settings = RenderSettings(
        font=how.font, sample_rate=44100, formats=("ogg",), stems=False, ogg_quality=OGG_QUALITY
    )
    entries = []
    for number, (path, plan) in enumerate(zip(plans, asked, strict=True)):
        advance("songs", number, len(plans))
        song = compose_song(plan, Sampling(), how.weights, how.threads, silent)
        score, name = song.score, path.stem
        write_text(folder / f"{name}.yaml", path.read_text("utf-8"))
        write_scores(score, [folder / f"{name}.mid"])
        shown = filling_bars(score, bars_to_engrave(score))
        write_bytes(folder / f"{name}.png", engrave(cut(score, 0, shown)))
        beginning = cut(score, 0, bars_within(score, how.seconds))
        rendered = render(beginning, folder, settings, name=name, force=True)
        entries.append(_entry(name, plan, song, rendered.seconds))
    write_text(folder / INDEX, _page(entries, how))
    advance("songs", len(plans), len(plans))
    return page_files(plans, folder)


def bars_within(score: "Score", seconds: float) -> int:
    """How many bars end within so many seconds; at least one."""
    return max(sum(score.seconds(end) <= seconds for end in score.bar_starts[1:]), 1)


def bars_to_engrave(score: "Score") -> int:
    """How many bars fill about two systems at most."""
    onsets = sorted({note.onset for _, note in score.notes()})
    ends = score.bar_starts[1 : _BARS + 1]
    return max(sum(bisect_left(onsets, end) <= _ONSETS for end in ends), 1)


def _page(entries: list[str], how: Listening) -> str:
    return (
        "# Listen\n\n"
        f"{counted(len(entries), 'song')}, composed from the plans beside them. All have seed "
        f"{how.seed}: none was picked, none was edited. The pictures show how they "
        f"begin, the players play the first {how.seconds:g} seconds, the MIDI files are whole. "
        "Written by `anacrusis listen`.\n\n" + "\n".join(entries)
    )


def _entry(name: str, plan: "Plan", song: Composed, seconds: float) -> str:
    given = [s.name for s in plan.sections if s.chords is not None]
    own = [s.name for s in plan.sections if s.chords is None and s.reprise is None]
    stated = [f"the chords of {', '.join(given)} are stated"] if given else []
    stated += [f"those of {', '.join(own)} are the model's"] if own else []
    key = song.score.keys[0].key if song.score.keys else "no key"
    facts = [
        f"{bars_in_words(plan.bars, bool(plan.pickup))} of {plan.sections[0].meter or plan.meter}",
        str(key),
        f"{song.score.tempos[0].bpm:g} quarters a minute",
        f"style {plan.style}",
    ]
    tracks = ", ".join(track.name for track in plan.tracks)
    file = quote(name)
    return (
        f"## {plan.title}\n\n"
        f"{'; '.join([', '.join(facts), tracks, *stated])}.\n\n"
        f'<audio controls preload="none" src="{file}.ogg"></audio>\n\n'
        f"[Plan]({file}.yaml), [MIDI]({file}.mid), [sound]({file}.ogg) ({seconds:.0f} s)\n\n"
        f"![The first bars of {plan.title}]({file}.png)\n"
    )
