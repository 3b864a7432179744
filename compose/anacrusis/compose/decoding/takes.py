"""Several takes of the same music, written side by side and put in order.

    best, *others = takes(plan, count=4)
    alternatives = fill_takes(score, {0: range(4, 8)}, count=4, seed=7)

The first take is the likeliest; each one after it is likely and far from those before it: maximal
marginal relevance (Carbonell and Goldstein 1998), with likelihood and distance weighed alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from ..bounds import MAX_SEED, is_whole
from ..constraints.state import Blanks
from ..errors import ConstraintError
from ..plan import Plan, TrackPlan
from ..quotes import QuoteFilter
from ..score import Score
from .compose import completed, compose, load_model
from .fill import fill
from .likelihood import Listener
from .notes import Progress
from .sampler import Model, Sampling
from .side_by_side import BatchModel, side_by_side

MOST_TAKES = 16

Struck = frozenset[tuple[int, int, int]]
"""What is struck in a score: (track, onset, pitch)."""


@dataclass(frozen=True)
class Take:
    """One of several scores of the same plan, or of the same blanks.

    seed: what was drawn. One take of the score's plan, or one of the same blanks with this seed,
    writes it again, to the note; alone (`compose`, `fill`) the model rounds otherwise, and other
    notes come.
    likelihood: mean log-probability, in nats, of the tokens that were chosen, by the model's own
    distribution: neither masked nor weighed.
    distance: from the nearest of the takes before it, 0 to 1: the share of their notes that only
    one of the two strikes; notes that all takes strike do not count. 1 for the first take.
    """

    score: Score
    seed: int
    likelihood: float
    distance: float = 1.0


def takes(
    plan: Plan,
    count: int = 4,
    *,
    model: BatchModel | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Progress | None = None,
    max_quote: int | None = None,
    known: QuoteFilter | None = None,
) -> list[Take]:
    """Compose a plan several times; the takes in order, the seeds from the plan's on.

    What the plan leaves open of its sections, key, tempo and chords is written once: all takes have
    the same. The other parameters are those of `compose`. Takes that cannot be finished are left
    out; raises as `compose` does where none can be, and `ConstraintError` for impossible counts.
    """
    seeds = seeds_from(plan.seed, count)
    model = load_model() if model is None else model
    full = completed(plan, model)

    def write(seat: Model, seed: int, told: Progress | None) -> Score:
        return compose(
            full.with_seed(seed), model=seat, sampling=sampling, progress=told,
            max_quote=max_quote, known=known,
        )  # fmt: skip

    return several(write, seeds, model, progress)


def fill_takes(
    score: Score,
    blanks: Blanks,
    style: str = "game",
    count: int = 4,
    *,
    tracks: tuple[TrackPlan, ...] | None = None,
    seed: int = 0,
    model: BatchModel | None = None,
    sampling: Sampling = Sampling(),  # noqa: B008  frozen
    progress: Progress | None = None,
) -> list[Take]:
    """Write some bars of a score several times; the takes in order, the seeds from `seed` on.

    The other parameters are those of `fill`, and so is what is raised.
    """

    def write(seat: Model, one: int, told: Progress | None) -> Score:
        return fill(
            score, blanks, style, tracks=tracks, seed=one, model=seat, sampling=sampling,
            progress=told,
        )  # fmt: skip

    seeds = seeds_from(seed, count)
    return several(write, seeds, load_model() if model is None else model, progress)


Write = Callable[[Model, int, Progress | None], Score]
"""Writes a score with a model and a seed."""


def several(
    write: Write, seeds: Sequence[int], model: BatchModel, progress: Progress | None = None
) -> list[Take]:
    """The scores that `write` gives for some seeds, written side by side, in order.

    Those that raise `ConstraintError` are left out; it is raised where all do.
    """
    done = [0] * len(seeds)

    def writer(place: int) -> Callable[[Model], Take | ConstraintError]:
        def told(bars: int, total: int) -> None:
            done[place] = bars
            if progress is not None:
                progress(sum(done), total * len(seeds))

        def take(seat: Model) -> Take | ConstraintError:
            listener = Listener(seat)
            try:
                score = write(listener, seeds[place], told)
            except ConstraintError as error:
                return error
            return Take(score, seeds[place], listener.mean)

        return take

    found = side_by_side(model, [writer(place) for place in range(len(seeds))])
    taken = [take for take in found if isinstance(take, Take)]
    if not taken:
        raise next(error for error in found if isinstance(error, ConstraintError))
    return ranked(taken)


def seeds_from(seed: int, count: int) -> list[int]:
    """The seeds of so many takes: the first one, then those after it.

    >>> seeds_from(7, 3)
    [7, 8, 9]
    """
    if not is_whole(count, 1, MOST_TAKES):
        raise ConstraintError(f"count is {count!r}; allowed: 1 to {MOST_TAKES} takes")
    if not is_whole(seed, 0, MAX_SEED):
        raise ConstraintError(f"seed {seed!r}; allowed: 0 to {MAX_SEED}")
    return [(seed + place) % (MAX_SEED + 1) for place in range(count)]


def ranked(taken: Sequence[Take]) -> list[Take]:
    """The takes in order, each with its distance."""
    struck = [_struck(take.score) for take in taken]
    common = frozenset.intersection(*struck)
    own = [notes - common for notes in struck]
    lowest, highest = (f(take.likelihood for take in taken) for f in (min, max))
    scaled = [(t.likelihood - lowest) / (highest - lowest or 1.0) for t in taken]
    nearest = [1.0] * len(taken)
    left, order = list(range(len(taken))), []
    while left:
        best = max(left, key=lambda place: scaled[place] + nearest[place])
        left.remove(best)
        order.append(best)
        for place in left:
            nearest[place] = min(nearest[place], distance(own[place], own[best]))
    return [
        Take(taken[place].score, taken[place].seed, taken[place].likelihood, nearest[place])
        for place in order
    ]


def distance(one: Struck, two: Struck) -> float:
    """Jaccard distance: the share of what either strikes that only one does.

    >>> distance(frozenset({(0, 0, 60), (0, 12, 62)}), frozenset({(0, 0, 60)}))
    0.5
    """
    either = len(one | two)
    return len(one ^ two) / either if either else 0.0


def _struck(score: Score) -> Struck:
    return frozenset(
        chain.from_iterable(
            ((place, note.onset, note.pitch) for note in track.notes)
            for place, track in enumerate(score.tracks)
        )
    )
