"""Ways back from a dead end: which choice of a bar is taken back next."""

from collections.abc import Sequence
from typing import NamedTuple

from ..constraints.pitchset import Mask
from ..errors import ConstraintError
from ..tokens.vocabulary import vocabulary
from ..wording import counted
from .document import Mark

PATIENCE = 400
"""Choices of one bar that are taken back before it is given up."""
WARY = 3
"""Dead ends in a bar after which what voices need of one another is taken to be the cause."""
_STUBBORN = 12
"""Dead ends in one track of a bar before the tracks above it are looked at."""
_CHOICES = ("Pitch", "PitchDrum", "Position", "Duration", "Track", "Bar", "EOS")


class Choice(NamedTuple):
    """A token that was drawn, with all that could have been, and the document before it."""

    token: int
    mask: Mask
    mark: Mark


class Tries:
    """The search through one bar's dead ends, depth first."""

    def __init__(self, number: int) -> None:
        """number: of the bar, as people count."""
        self._number = number
        self.count = 0
        """Dead ends so far."""
        self._stuck: dict[int, int] = {}  # place of a track among those of the bar -> dead ends
        self._barred: dict[int, set[int]] = {}  # place in the bar -> tokens that led to dead ends

    def barred_at(self, place: int) -> list[int]:
        """The tokens that may not come at a place in the bar."""
        return list(self._barred.get(place, ()))

    def back_to(self, drawn: Sequence[Choice]) -> int:
        """The place in the bar whose token is barred from now on; later ones are free again.

        Raises `ConstraintError` where no choice is left, or after `PATIENCE` of them.
        """
        v = vocabulary()
        self.count += 1
        kinds = [v.type(choice.token) for choice in drawn]
        stop = len(drawn)
        track = kinds.count("Track")
        self._stuck[track] = self._stuck.get(track, 0) + 1
        if self._stuck[track] > _STUBBORN and track > 1:
            self._stuck[track] = 0
            stop = max(place for place, kind in enumerate(kinds) if kind == "Track")
        if self.count <= PATIENCE:
            for place in reversed(range(stop)):
                if kinds[place] in _CHOICES and self._has_others(drawn[place], place):
                    for later in [other for other in self._barred if other > place]:
                        del self._barred[later]
                    self._barred.setdefault(place, set()).add(drawn[place].token)
                    return place
        raise ConstraintError(
            f"no way was found through bar {self._number} of the score after "
            f"{counted(self.count, 'dead end')}; the rules that hold there leave too little "
            "together: loosen one of them, or try another seed"
        )

    def _has_others(self, choice: Choice, place: int) -> bool:
        others = choice.mask.copy()
        others[[choice.token, *self.barred_at(place)]] = False
        return bool(others.any())
