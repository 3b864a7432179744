"""Repeats, voltas, da capo and dal segno: the order in which written bars are played."""

from collections.abc import Sequence

from ..errors import FileFormatError
from .musicxml_raw import Jumps

MAX_PLAYED = 20_000
"""Most bars a piece may have once its repeats are played out."""


def play_order(jumps: Sequence[Jumps]) -> list[int]:
    """Indices of the written bars in the order they are played.

    A repeat is played twice (or as often as it says), each pass takes the volta that carries its
    number, and after a da capo or dal segno repeats are not taken again, the last volta is, and
    the piece ends at the fine or goes from the coda sign to the coda.

    Raises `FileFormatError` where that gives more than `MAX_PLAYED` bars.

    >>> play_order([Jumps(), Jumps(endings=frozenset({1}), ending_stop=True, backward=2),
    ...             Jumps(endings=frozenset({2}), ending_stop=True)])
    [0, 1, 0, 2]
    """
    brackets = _brackets(jumps)
    order: list[int] = []
    at = start = 0
    turn = 1
    jumped = left = False
    while at < len(jumps):
        here = jumps[at]
        if here.forward and at != start:
            start, turn = at, 1
        bracket = brackets[at]
        wanted = max(_group(brackets, at)) if jumped and bracket else turn
        if bracket and wanted not in bracket and not (jumped and wanted < max(bracket)):
            at += 1
            continue
        order.append(at)
        if len(order) > MAX_PLAYED:
            raise FileFormatError(
                f"the repeats play more than {MAX_PLAYED} bars; read the file as written"
            )
        times = max(_group(brackets, at)) if bracket else here.backward
        if here.backward and not jumped and turn < times:
            turn += 1
            at = start
            continue
        if here.backward or (bracket and (at + 1 == len(jumps) or not brackets[at + 1])):
            start, turn = at + 1, 1
        target = None
        if jumped:
            if "fine" in here.signs:
                break
            if "tocoda" in here.signs and not left:
                left = True
                target = _find(jumps, "coda", here.signs["tocoda"])
        elif "dacapo" in here.signs:
            target, jumped = 0, True
        elif "dalsegno" in here.signs:
            target = _find(jumps, "segno", here.signs["dalsegno"])
            jumped = target is not None
        if target is None or (jumped and target == at):
            at += 1
        else:
            at, start, turn = target, target, 1
    return order


def _brackets(jumps: Sequence[Jumps]) -> list[frozenset[int]]:
    """For each bar the pass numbers of the volta bracket over it; empty where there is none."""
    found: list[frozenset[int]] = []
    current: frozenset[int] = frozenset()
    for bar in jumps:
        current = bar.endings or current
        found.append(current)
        if bar.ending_stop:
            current = frozenset()
    return found


def _group(brackets: list[frozenset[int]], at: int) -> set[int]:
    """All pass numbers of the run of brackets around a bar."""
    low = high = at
    while low > 0 and brackets[low - 1]:
        low -= 1
    while high + 1 < len(brackets) and brackets[high + 1]:
        high += 1
    return set().union(*brackets[low : high + 1])


def _find(jumps: Sequence[Jumps], sign: str, label: str) -> int | None:
    places = [i for i, bar in enumerate(jumps) if sign in bar.signs]
    named = [i for i in places if jumps[i].signs[sign] == label]
    return next(iter(named or places), None)
