"""Music that is taken up again: reprises note for note, variations within their band."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter

from ..plan import Plan
from ..score import Note, Score, Track
from ..wording import counted
from .lane import Lane
from .layout import Stretch, lay_out
from .planned import Finding, states_harmony


def taken_up(score: Score, plan: Plan, lane: Lane) -> Iterator[Finding]:
    """Rules ``reprise`` and ``variation``.

    A reprise has its model's notes, a variation as many others as it asks for; both have its
    harmony, where the plan leaves this open.
    """
    first: dict[str, Stretch] = {}
    for stretch in lay_out(plan):
        first.setdefault(stretch.section.name, stretch)
        if stretch.model is None:
            continue
        model = first[stretch.model]
        if stretch.section.reprise is not None:
            rule = "reprise"
            for track in score.tracks:
                yield from _notes_differ(track, stretch, model)
        else:
            rule = "variation"
            yield from _varied_otherwise(score, stretch, model)
        own = stretch.section.chords is not None and rule == "variation"
        if not own and not states_harmony(plan, model.section):
            wanted = [(p.start - model.start, p.chord) for p in lane.within(model.start, model.end)]
            found = [
                (p.start - stretch.start, p.chord) for p in lane.within(stretch.start, stretch.end)
            ]
            if wanted != found:
                message = f"the chords are not those of {model.section.name!r}, which it takes up"
                yield Finding(rule, stretch.start, None, message)


def _notes_differ(track: Track, stretch: Stretch, model: Stretch) -> Iterator[Finding]:
    wanted, found = _rows(track, model), _rows(track, stretch)
    for row in sorted(set(wanted) ^ set(found)):
        notes = (found[row],) if row in found else ()
        state = "is not in" if row in found else "is missing from"
        message = (
            f"a note (pitch {row[1]}, {counted(row[2], 'tick')}, velocity {row[3]}) {state} "
            f"{'the music' if row in found else 'this reprise'} of {model.section.name!r}"
        )
        yield Finding("reprise", stretch.start + row[0], track.name, message, notes)


def _rows(track: Track, stretch: Stretch) -> dict[tuple[int, int, int, int, float, float], Note]:
    """Notes of a section, by all they are, counted from its start."""
    return {
        (n.onset - stretch.start, n.pitch, n.duration, n.velocity, n.shift, n.cents): n
        for n in _notes(track, stretch)
    }


def _notes(track: Track, stretch: Stretch) -> tuple[Note, ...]:
    first, last = (
        bisect_left(track.notes, tick, key=attrgetter("onset"))
        for tick in (stretch.start, stretch.end)
    )
    return track.notes[first:last]


def _varied_otherwise(score: Score, stretch: Stretch, model: Stretch) -> Iterator[Finding]:
    edits = total = 0
    for track in score.tracks:
        before, now = (
            Counter((n.onset - part.start, n.pitch) for n in _notes(track, part))
            for part in (model, stretch)
        )
        most = max(before.total(), now.total())
        edits += most - (before & now).total()
        total += most
    low, high = stretch.section.change
    share = edits / total if total else 0.0
    if not low <= share <= high:
        message = (
            f"{share:.1%} of the notes of {model.section.name!r} are changed; the plan asks for "
            f"{low:.0%} to {high:.0%}"
        )
        yield Finding("variation", stretch.start, None, message)
