"""Humanise: small irregularities of time and loudness, as players have them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..bounds import is_number
from ..errors import EditError
from .edits import Edit
from .moment import Moment
from .places import Selection
from .write import Composer

_FARTHEST = 2.0
"""Standard deviations beyond which no note is moved."""


@dataclass(frozen=True)
class Humanise(Edit):
    """Move notes a little in time and loudness; the grid stays, `Note.shift` says the time.

    timing: standard deviation in ticks (twelfths of a quarter note). loudness: in MIDI velocities.
    No note moves farther than twice that. What sounds in locked bars stays. What is played so is no
    longer just what a plan says, so the score does not carry one: humanise last.
    """

    word: ClassVar[str] = "humanise"
    where: Selection
    timing: float = 0.3
    loudness: float = 5.0
    seed: int = 0

    def apply(self, now: Moment, composer: Composer) -> Moment:
        """Draw a shift and a velocity for each note."""
        if not (is_number(self.timing, 0, 6) and is_number(self.loudness, 0, 60)):
            raise EditError(
                f"timing {self.timing!r}, loudness {self.loudness!r}; allowed: 0 to 6 ticks, 0 to "
                "60 velocities"
            )
        score = now.score
        cells = self.where.cells(score) - now.locks
        rng = np.random.default_rng((self.seed, 4))
        tracks = []
        for track in score.tracks:
            notes = []
            for note in track.notes:
                late, loud = np.clip(rng.normal(size=2), -_FARTHEST, _FARTHEST).tolist()
                chosen = (track.name, score.bar_at(note.onset)) in cells
                if chosen and not now.sounds_locked(track.name, note):
                    shift = max(note.shift + round(self.timing * late * 40) / 40, -note.onset)
                    velocity = min(max(round(note.velocity + self.loudness * loud), 1), 127)
                    note = replace(note, shift=float(shift), velocity=velocity)
                notes.append(note)
            tracks.append(replace(track, notes=tuple(notes)))
        return replace(now, score=replace(score, tracks=tuple(tracks), plan=None))
