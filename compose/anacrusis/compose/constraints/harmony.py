"""The chord lane as arrays over ticks, for constraints to look ahead in."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from ..key import Key
from ..score import Bar, Score

_MINOR_EXTRA = (9, 11)  # raised sixth and seventh of the minor scale


class Lane:
    """What the chord lane says at each tick of a score of N ticks.

    tone: bool [N, 12], pitch classes in the chord (all, where there is none). free: bool [N].
    change: bool [N], the chord differs from the one just before, or a section begins (a reprise of
    it may follow another chord). strong: bool [N], strong beats and changes. following: int32 [N],
    the next change of chord after each tick (N if none). hold: int32 [N, 12], the first change
    after each tick whose chord lacks the pitch class (N if none). bass: int8 [N], class of the
    chord's bass, -1 where free. grounded: bool [N], a bass strikes that class: at changes, and
    under the last chord of the `closing` bars. ended: bool [N], no pitched note begins: after the
    last stand of the `closing` bars. stand: bool [N], these stands, from which notes ring to the
    end. scale: bool [N, 12], pitch classes of the key.
    """

    def __init__(self, score: Score, closing: Collection[int] = ()) -> None:
        n = score.ticks
        self.ticks = n
        starts = [(0, None)] + [(s.onset, s.chord) for s in score.chords]
        ends = [(s.end, None) for s in score.chords if s.end < n and score.chord_at(s.end) is None]
        events = sorted([*starts, *ends], key=lambda event: (event[0], event[1] is not None))
        self.tone: npt.NDArray[np.bool_] = np.ones((n, 12), bool)
        self.free: npt.NDArray[np.bool_] = np.ones(n, bool)
        self.bass: npt.NDArray[np.int8] = np.full(n, -1, np.int8)
        self.change: npt.NDArray[np.bool_] = np.zeros(n, bool)
        segments: list[int] = []
        last = None
        for index, (onset, chord) in enumerate(events):
            if index + 1 < len(events) and events[index + 1][0] == onset:
                continue
            said = None if chord is None or chord.is_none else chord
            if said is not None:
                self.tone[onset:] = False
                self.tone[onset:, list(said.classes)] = True
                self.bass[onset:] = said.bass_class
            else:
                self.tone[onset:] = True
                self.bass[onset:] = -1
            self.free[onset:] = said is None
            if onset == 0 or said != last:
                segments.append(onset)
                self.change[onset] = said is not None or onset > 0
            last = said
        for section in score.sections:
            begin = score.bar_starts[section.bar]
            self.change[begin] |= not self.free[begin]
        self.grounded = self.change.copy()
        self.stand: npt.NDArray[np.bool_] = np.zeros(n, bool)
        self.ended: npt.NDArray[np.bool_] = np.zeros(n, bool)
        for bar in closing:
            begin, end = score.bar_starts[bar], score.bar_starts[bar + 1]
            changes = np.flatnonzero(self.change[begin:end])
            onset = begin + int(changes.max(initial=0))
            self.grounded[onset:end] = True
            stand = max(begin - score.lead(bar) + last_stand(score.bars[bar]), onset)
            self.stand[stand] = True
            self.ended[stand + 1 : end] = True
        self.grounded &= self.bass >= 0
        self.strong = self.change.copy()
        for bar, written in enumerate(score.bars):
            begin = score.bar_starts[bar] - score.lead(bar)
            for beat in written.meter.strong:
                if score.bar_starts[bar] <= begin + beat < score.bar_starts[bar + 1]:
                    self.strong[begin + beat] = True
        self._spread(segments)
        self.scale = self._scales(score)

    def _spread(self, segments: list[int]) -> None:
        n = self.ticks
        self.following: npt.NDArray[np.int32] = np.full(n, n, np.int32)
        self.hold: npt.NDArray[np.int32] = np.full((n, 12), n, np.int32)
        first_without = np.full(12, n, np.int32)
        end = n
        for onset in reversed(segments):
            self.following[onset:end] = end
            self.hold[onset:end] = first_without
            first_without = np.where(self.tone[onset], first_without, onset)
            end = onset

    def _scales(self, score: Score) -> npt.NDArray[np.bool_]:
        scale: npt.NDArray[np.bool_] = np.ones((self.ticks, 12), bool)
        for change in score.keys:
            scale[change.tick :] = False
            scale[change.tick :, list(scale_classes(change.key))] = True
        return scale


def last_stand(bar: Bar) -> int:
    """Metrical position from which the last notes of a piece ring: a beat of its middle.

    >>> from anacrusis.compose.meter import Meter
    >>> [last_stand(Bar(Meter.parse(text))) for text in ("4/4", "3/4", "6/8", "5/4")]
    [24, 12, 18, 36]
    """
    middle = max(beat for beat in bar.meter.beats if 2 * beat <= bar.ticks)
    return middle if bar.length is not None else max(middle, bar.meter.strong[-1])


def scale_classes(key: Key) -> tuple[int, ...]:
    """Pitch classes of a key; the minor key has both forms of its sixth and seventh degree."""
    extra = _MINOR_EXTRA if key.mode == "minor" else ()
    return (*key.scale, *((key.tonic_class + step) % 12 for step in extra))
