"""Rules ``silence`` and ``rest``: bars without a sound, but for those that rules silence."""

from collections.abc import Iterator
from itertools import groupby, pairwise

from ..errors import PlanError
from ..plan import Plan
from ..rules.places import bars_at
from ..rules.rhythm import Silent
from ..score import Score, Track
from ..wording import counted
from .planned import Finding
from .sounding import stretches


def silences(score: Score, plan: Plan) -> Iterator[Finding]:
    """Both rules."""
    silenced = _silenced(score, plan)
    pauses = set(range(len(score.bars))).intersection(
        *(silenced.get(track.name, set()) for track in score.tracks)
    )
    yield from _silence(score, pauses)
    yield from _rests(score, plan, silenced)


def _silenced(score: Score, plan: Plan) -> dict[str, set[int]]:
    """The bars in which rules silence each track, and those of the same music as these."""
    alike = _alike(score, plan)
    found: dict[str, set[int]] = {}
    for rule in plan.rules:
        if not isinstance(rule, Silent):
            continue
        try:
            bars = bars_at(rule.place, score.sections, len(score.bars), bool(plan.pickup))
        except PlanError:
            continue  # there is no such place: reported as another shape
        music = {alike.get(bar, bar) for bar in bars}
        same = {bar for bar in range(len(score.bars)) if alike.get(bar, bar) in music}
        for place in rule.concerns(plan.tracks):
            found.setdefault(plan.tracks[place].name, set()).update(same)
    return found


def _alike(score: Score, plan: Plan) -> dict[int, int]:
    """Bar of a reprise -> the bar whose music it repeats."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for asked, section in zip(plan.sections, score.sections, strict=False):
        if asked.reprise in first:
            for bar in range(section.bars):
                source = first[asked.reprise] + bar
                found[section.bar + bar] = found.get(source, source)
        first.setdefault(asked.name, section.bar)
    return found


def _silence(score: Score, pauses: set[int]) -> Iterator[Finding]:
    heard = stretches(note for _, note in score.notes())
    index = 0
    for bar, (start, end) in enumerate(pairwise(score.bar_starts)):
        while index < len(heard) and heard[index][1] <= start:
            index += 1
        silent = index == len(heard) or heard[index][0] >= end
        if silent and bar not in pauses and (bar > 0 or score.bars[0].length is None):
            yield Finding("silence", start, None, "nothing sounds in this bar")


def _rests(score: Score, plan: Plan, silenced: dict[str, set[int]]) -> Iterator[Finding]:
    """Bars in a row without a note of the track, within each section."""
    allowed = {track.name: track.rest for track in plan.tracks}
    for track in score.tracks:
        limit = allowed.get(track.name)
        if limit is None:
            continue
        heard = _heard(score, track)
        silent = silenced.get(track.name, set())
        for section in score.sections:
            bars = range(section.bar, section.bar + section.bars)
            for resting, group in groupby(bars, key=lambda b: b not in heard and b not in silent):
                run = list(group)
                if resting and len(run) > limit:
                    message = f"rests for {counted(len(run), 'bar')}; allowed: {limit}"
                    yield Finding("rest", score.bar_starts[run[0]], track.name, message, ())


def _heard(score: Score, track: Track) -> set[int]:
    """The bars in which a track sounds."""
    return {
        bar
        for start, end in stretches(track.notes)
        for bar in range(score.bar_at(start), score.bar_at(end - 1) + 1)
    }
