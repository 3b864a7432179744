"""Every score of a tiny request, to check the solver against the verifier."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise, product

from anacrusis.compose.plan import Plan
from anacrusis.compose.rules import Grid, Only, Rhythm
from anacrusis.compose.score import Note, Score
from anacrusis.compose.verify import verify

ROOM = 6


def every_score(plan: Plan) -> Iterator[Score]:
    """Every score of a plan of one track and one section, whose first rule is its grid.

    Notes end a tick after they begin, or where the next one may begin or the chord or bar changes,
    or a tick after that, or as long after as some rhythm has it: other ends make no difference.
    """
    skeleton, track = plan.skeleton(), plan.tracks[0]
    grid, *rules = plan.rules
    assert isinstance(grid, Grid)
    onsets = range(0, skeleton.ticks, grid.ticks)
    marks = {*onsets, *skeleton.bar_starts, *(span.onset for span in skeleton.chords)}
    lengths = {abs(step) for rule in rules if isinstance(rule, Rhythm) for step in rule.steps}
    pitches = set(range(track.low, track.high + 1)).intersection(
        *(rule.allowed for rule in rules if isinstance(rule, Only) and rule.place is None)
    )

    def struck_at(onset: int) -> Iterator[tuple[Note, ...]]:
        ends = {onset + 1} | {mark + late for mark in marks for late in (0, 1)}
        ends = {end for end in ends | {onset + n for n in lengths} if onset < end <= skeleton.ticks}
        for voices in range(track.polyphony + 1):
            for together in combinations(sorted(pitches), voices):
                for chosen in product(sorted(ends), repeat=voices):
                    pairs = zip(together, chosen, strict=True)
                    yield tuple(Note(onset, pitch, end - onset) for pitch, end in pairs)

    for choice in product(*map(list, map(struck_at, onsets))):
        notes = tuple(note for together in choice for note in together)
        if track.polyphony > 1 or all(a.end <= b.onset for a, b in pairwise(notes)):
            yield replace(skeleton, tracks=(replace(skeleton.tracks[0], notes=notes),))


def exists(plan: Plan, strict: bool) -> bool:
    """Whether one of them keeps the plan (and the habits of composing)."""
    scores = (s for s in every_score(plan) if not strict or as_composed(s, plan))
    return any(not verify(score, plan).violations for score in scores)


def as_composed(score: Score, plan: Plan) -> bool:
    """Whether a score in one section has the habits of composing (docs/chord-guarantee.md)."""
    return all(_is_composed(note, score, plan) for note in score.tracks[0].notes)


def _is_composed(note: Note, score: Score, plan: Plan) -> bool:
    starts = [span.onset for span in score.chords]
    written = score.bars[-1]
    begin = score.bar_starts[-2]
    middle = max(beat for beat in written.meter.beats if 2 * beat <= written.ticks)
    last = max((tick for tick in starts if tick >= begin), default=begin)
    stand = max(begin + max(middle, written.meter.strong[-1]), last)
    chord = score.chord_at(note.onset)
    if plan.tracks[0].role == "bass" and chord is not None and not chord.is_none:
        grounded = note.onset == 0 or note.onset >= last
        if grounded and note.pitch % 12 != chord.bass_class:
            return False
    if _foreign(score, note.pitch, note.onset):
        key = score.key_at(note.onset)
        assert key is not None and key.mode == "major"
        if note.pitch % 12 not in key.scale:
            return False
    if not _foreign(score, note.pitch, note.end - 1):
        return True
    suspended = any(note.onset < tick < note.end for tick in starts)
    in_time = note.end <= min(score.ticks - ROOM, stand)
    return in_time and not (suspended and note.end in starts)


def _foreign(score: Score, pitch: int, tick: int) -> bool:
    chord = score.chord_at(tick)
    return chord is not None and not chord.is_none and pitch % 12 not in chord.classes
