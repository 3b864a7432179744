"""Drum patterns: what a groove must have, and where kick and snare have no place."""

from collections.abc import Iterator

from ...meter import TICKS_PER_QUARTER
from ...rules.drums import FAMILIES, HAT, KICK, SNARE, DrumPattern
from ..planned import Finding
from .span import Span

SIXTEENTH = TICKS_PER_QUARTER // 4


def another_groove(rule: DrumPattern, span: Span) -> Iterator[Finding]:
    """Hits that a full bar lacks, and kicks and snares where its groove has none."""
    for track in span.tracks:
        for bar, notes in span.by_bar(track):
            groove = FAMILIES[rule.family].get(str(span.score.bars[bar].meter))
            if groove is None or span.score.bars[bar].length is not None:
                continue
            start = span.score.bar_starts[bar]
            parts = (
                ("kick", KICK, groove.kick, groove.kick_too),
                ("snare", SNARE, groove.snare, groove.snare_too),
                ("hi-hat", HAT, groove.hat, None),
            )
            for name, drums, must, may in parts:
                hits = [note for note in notes if note.pitch in drums]
                struck = {note.onset for note in hits}
                for place in must:
                    if start + place * SIXTEENTH not in struck:
                        message = f"the {name} is not struck here"
                        yield span.broken(start + place * SIXTEENTH, track, message)
                if may is None:
                    continue
                open_to_it = {start + place * SIXTEENTH for place in (*must, *may)}
                for note in hits:
                    if note.onset not in open_to_it:
                        message = f"the {name} has no place here"
                        yield span.broken(note.onset, track, message, (note,))
