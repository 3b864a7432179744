"""The key that a plan begins in, stated or told by its chords."""

import numpy as np

from ..key import Key
from ..plan import Plan


def opening_key(plan: Plan) -> Key | None:
    """The key that a plan states for its beginning, else that of its chords; None without any."""
    return plan.key or plan.sections[0].key or key_of_chords(plan)


def key_of_chords(plan: Plan) -> Key | None:
    """The major or minor key that holds most tones of the stated chords; None without chords.

    The chord a section begins or ends with counts as its tonic's witness.
    """
    chords = [at.chord for s in plan.sections for bar in plan.chords_of(s) or () for at in bar]
    chords = [chord for chord in chords if not chord.is_none]
    if not chords:
        return None
    best, best_score = Key(), -1.0
    for mode in ("major", "minor"):
        for tonic in range(12):
            key = Key.from_class(tonic, mode)
            triad = {tonic, (tonic + (4 if mode == "major" else 3)) % 12}
            points = sum(
                float(np.mean([tone in key.scale for tone in chord.classes])) for chord in chords
            )
            for chord, weight in ((chords[0], 0.6), (chords[-1], 0.4)):
                points += weight * (chord.root_class == tonic and triad <= set(chord.classes))
            if points > best_score + 1e-9:
                best, best_score = key, points
    return best
