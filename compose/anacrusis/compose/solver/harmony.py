"""The chord guarantee as facts: which notes may begin, and when those outside a chord resolve."""

from .facts import ALL, Facts, Level, pitch_set
from .frame import ROOM, SHORT, SUSPENSION, Harmony

_MINOR_TOO = (9, 11)
"""Semitones above the tonic: a minor key has these beside its own sixth and seventh."""


def say_grid(facts: Facts) -> None:
    """Where notes may begin, at the level of each track and where statements name a tick."""
    frame = facts.frame
    for bar in facts.bars:
        for track in facts.tracks:
            for tick in () if facts.is_given(track, bar) else facts.ticks(bar):
                fine = tick in facts.extra or facts.is_fine(tick, facts.levels[track])
                if not (fine and frame.is_grid(tick)):
                    facts.ban(track, tick)


def say_chord(facts: Facts, number: int, harmony: Harmony) -> None:
    """The statement that a chord holds."""
    classes = harmony.chord.classes
    for pitch_class in range(12):
        if pitch_class not in classes:
            facts.say("outside", number, pitch_class)
    foreign = pitch_set(p for p in range(128) if p % 12 not in classes)
    bass = pitch_set(range(harmony.chord.bass_class, 128, 12))
    frame = facts.frame
    for tick in facts.between(harmony.start, harmony.end):
        facts.say("chord", tick, number)
        bar = frame.score.bar_at(tick)
        scale = _scale(facts, tick)
        grounded = frame.is_grounded(tick)
        for track in facts.tracks:
            role = frame.plan.tracks[track].role
            if role == "drums":
                continue
            given = facts.is_given(track, bar)
            if frame.is_strong(tick) or facts.levels[track] is Level.BEATS:
                facts.refuse(number, track, tick, foreign)
            elif not given:
                facts.refuse(number, track, tick, foreign & ~scale)
            if role == "bass" and (frame.is_change(tick) if given else grounded):
                facts.refuse(number, track, tick, ALL & ~bass)


def _scale(facts: Facts, tick: int) -> int:
    """Pitches of the key, to which composing keeps."""
    key = facts.frame.score.key_at(tick)
    if key is None or not facts.frame.strict:
        return ALL
    extra = _MINOR_TOO if key.mode == "minor" else ()
    classes = {*key.scale, *((key.tonic_class + step) % 12 for step in extra)}
    return pitch_set(p for p in range(128) if p % 12 in classes)


def say_resolutions(facts: Facts) -> None:
    """When dissonances have to be over, and where they may resolve."""
    frame, changes, walls = facts.frame, set(facts.frame.changes), facts.frame.walls()
    inner: set[tuple[int, int]] = set()
    for tick in facts.axis[:-1]:
        bar = frame.score.bar_at(tick)
        limit = frame.starts[frame.block(bar).stop]
        ended = bar in frame.closing and tick > frame.stand(bar)
        for track in facts.tracks:
            free = not frame.strict or facts.is_given(track, bar)
            if free or (tick <= limit - ROOM and not ended and tick not in walls):
                facts.say("opens", track, tick)
        change = frame.following(tick)
        if change > tick + SHORT and tick + SHORT < facts.axis[-1]:
            inner.add((tick, facts.up_to(tick + SHORT)))
            facts.say("due", tick, facts.up_to(tick + SHORT))
        if tick in changes:
            facts.say("turn", tick)
            over = min(tick + SUSPENSION, change - frame.strict)
            if over < facts.axis[-1]:
                inner.add((tick, facts.up_to(over)))
                facts.say("late", tick, facts.up_to(over))
            for before in facts.between(max(tick - SHORT, _begins(facts, tick)), tick):
                facts.say("leads", tick, before)
    for first, last in inner:
        for tick in facts.between(first + 1, last):
            facts.say("inner", first, last, tick)


def _begins(facts: Facts, tick: int) -> int:
    """Where the harmony just before a change began."""
    return max((t for t in facts.frame.changes if t < tick), default=0)
