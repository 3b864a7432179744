"""The same tune in two pieces, found by the n-grams they share.

What most music has in common (scales, cadences, figures of accompaniment) is in many pieces and
counts little or nothing: an n-gram weighs by its rarity. An inverted index gives the candidates. A
pair is confirmed where the shared n-grams stand in the same order, transposed by one interval: on
diagonals of equal distance. What is inserted breaks a diagonal in two, and the parts count
together. How much of the smaller side is contained in the other (Broder 1997) is the likeness.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ngrams import NGrams

COMMON_SHARE, COMMON_PIECES = 0.01, 30
"""An n-gram in more than this share of the pieces, and in more than so many, is common stock."""
OTHERS = 1000
"""Pieces elsewhere that have none of it: what is in all of five pieces is rare in the world."""
DIAGONAL = 4
"""N-grams that a diagonal needs to count: twelve notes of a melody."""
LONGEST = 8
"""N-grams of a tune's longest diagonal."""
SHARED = 8
"""N-grams that two pieces need to share; more in long pieces, where chance has more places."""
TUNE, COPY = 0.35, 0.7
"""Least part of a melody that makes it the same tune, and of a piece that makes a copy."""

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Weights = NDArray[np.float64]


class Likeness(NamedTuple):
    """Two pieces with the same music, by index, one < other.

    kind: ``copy`` where most of the smaller piece is in the other, ``tune`` where a melody is.
    score: the part of the smaller piece or melody, 0 to 1, weighted by rarity. shared: n-grams.
    """

    one: int
    other: int
    kind: Literal["copy", "tune"]
    score: float
    shared: int


class _Corpus(NamedTuple):
    """All n-grams of all pieces, sorted by hash, one entry for each; lines numbered throughout."""

    line: Integers
    place: NDArray[np.int32]
    pitch: NDArray[np.int32]
    weight: Weights
    """Rarity, in bits."""
    starts: Integers
    """Where each n-gram's entries begin, and the end of the last."""
    telling: Flags
    """For each n-gram: whether it is in several pieces but not in too many."""
    line_weight: Weights
    piece_weight: Weights
    """For each piece, without what is common stock."""
    piece: Integers
    """The piece of each line."""
    melodic: Flags
    """For each line."""


class _Matches(NamedTuple):
    """Lines that share music at one transposition: one row for each."""

    one: Integers
    other: Integers
    transposition: Integers
    shared: Integers
    longest: Integers
    weight: Weights


def likenesses(pieces: Sequence[NGrams]) -> list[Likeness]:
    """All pairs of pieces with the same music, in order. Some seconds for 5,000 pieces."""
    if not pieces:
        return []
    corpus = _corpus(pieces)
    matches = _matches(corpus, *_candidates(corpus))
    by_score = attrgetter("score")
    found = {
        (likeness.one, likeness.other): likeness  # the last one stays: a copy, of the best score
        for kind in (_tunes(corpus, matches), _copies(corpus, matches))
        for likeness in sorted(kind, key=by_score)
    }
    return [found[pair] for pair in sorted(found)]


def _corpus(pieces: Sequence[NGrams]) -> _Corpus:
    counts = [len(grams.melodic) for grams in pieces]
    first = np.cumsum([0, *counts])
    piece = np.repeat(np.arange(len(pieces)), counts)
    gram = np.concatenate([grams.gram for grams in pieces])
    line = np.concatenate([g.line + start for g, start in zip(pieces, first[:-1], strict=True)])
    order = np.lexsort((line, gram))
    gram, line = gram[order], line[order]
    new = _changes(gram)
    group = np.cumsum(new) - 1
    spread = np.bincount(group, new | _changes(piece[line]))
    common = spread > max(COMMON_PIECES, COMMON_SHARE * len(pieces))
    weight = np.log2((len(pieces) + OTHERS) / spread)[group]
    return _Corpus(
        line,
        np.concatenate([grams.place for grams in pieces])[order],
        np.concatenate([grams.pitch for grams in pieces])[order],
        weight,
        np.append(np.flatnonzero(new), len(gram)),
        (spread > 1) & ~common,
        _sums(line, weight, len(piece)),
        _sums(piece[line], weight * ~common[group], len(pieces)),
        piece,
        np.concatenate([grams.melodic for grams in pieces]),
    )


def _candidates(corpus: _Corpus) -> tuple[Integers, Integers]:
    """Pairs of entries of the same telling n-gram, in pieces that share enough of them."""
    starts, sizes = corpus.starts[:-1][corpus.telling], np.diff(corpus.starts)[corpus.telling]
    ones, others = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for size in np.unique(sizes):
        one, other = np.triu_indices(size, 1)
        begins = starts[sizes == size][:, None]
        ones.append((begins + one).ravel())
        others.append((begins + other).ravel())
    one, other = np.concatenate(ones), np.concatenate(others)
    owner = corpus.piece[corpus.line]
    apart = owner[one] != owner[other]
    one, other = one[apart], other[apart]
    pair = owner[one] * len(corpus.piece_weight) + owner[other]
    _, number, times = np.unique(pair, return_inverse=True, return_counts=True)
    enough = times[number] >= SHARED
    return one[enough], other[enough]


def _matches(corpus: _Corpus, one: Integers, other: Integers) -> _Matches:
    """Shared n-grams gathered on diagonals, and these by pair of lines and transposition."""
    transposition = (corpus.pitch[other] - corpus.pitch[one]) % 12
    distance = corpus.place[other] - corpus.place[one]
    columns, group = _grouped(
        np.stack([corpus.line[one], corpus.line[other], transposition, distance])
    )
    shared = np.bincount(group)
    counts = shared >= DIAGONAL
    weight, shared = _sums(group, corpus.weight[one])[counts], shared[counts]
    columns, group = _grouped(columns[:3, counts])
    longest = np.zeros(columns.shape[1], np.int64)
    np.maximum.at(longest, group, shared)
    one_line, other_line, transposition = columns
    total = _sums(group, shared).astype(np.int64)
    return _Matches(one_line, other_line, transposition, total, longest, _sums(group, weight))


def _tunes(corpus: _Corpus, matches: _Matches) -> list[Likeness]:
    """Pairs in which one melody holds the other.

    Chance would share about log2(m n) / 2 n-grams in a row between pieces of m and n of them, a
    note of a melody being about two bits.
    """
    one, other = corpus.piece[matches.one], corpus.piece[matches.other]
    melodic = corpus.melodic[corpus.line].astype(np.int64)
    sizes = _sums(corpus.piece[corpus.line], melodic, len(corpus.piece_weight))
    chance = np.log2(np.maximum(sizes[one] * sizes[other], 1)) / 2
    smaller = np.minimum(corpus.line_weight[matches.one], corpus.line_weight[matches.other])
    score = matches.weight / smaller
    alike = corpus.melodic[matches.one] & corpus.melodic[matches.other] & (score >= TUNE)
    alike &= (matches.shared >= np.maximum(SHARED, chance)) & (matches.longest >= LONGEST)
    return _found("tune", one[alike], other[alike], score[alike], matches.shared[alike])


def _copies(corpus: _Corpus, matches: _Matches) -> list[Likeness]:
    """Pairs in which one piece holds the other: the best match of each line of the smaller."""
    whole = corpus.piece_weight
    one, other = corpus.piece[matches.one], corpus.piece[matches.other]
    smaller = np.where(whole[one] <= whole[other], matches.one, matches.other)
    columns, group = _grouped(np.stack([one, other, matches.transposition, smaller]))
    weight, shared = np.zeros(columns.shape[1]), np.zeros(columns.shape[1], np.int64)
    np.maximum.at(weight, group, matches.weight)
    np.maximum.at(shared, group, matches.shared)
    (one, other, _), group = _grouped(columns[:3])
    shared = _sums(group, shared).astype(np.int64)
    score = _sums(group, weight) / np.minimum(whole[one], whole[other])
    alike = (score >= COPY) & (shared >= SHARED)
    return _found("copy", one[alike], other[alike], score[alike], shared[alike])


def _found(
    kind: Literal["copy", "tune"], one: Integers, other: Integers, score: Weights, shared: Integers
) -> list[Likeness]:
    rows = zip(one.tolist(), other.tolist(), score.tolist(), shared.tolist(), strict=True)
    return [Likeness(a, b, kind, min(part, 1.0), count) for a, b, part, count in rows]


def _sums(group: Integers, values: Weights | Integers, size: int = 0) -> Weights:
    """The sum of the values of each group."""
    return np.bincount(group, weights=values, minlength=size).astype(np.float64)


def _grouped(columns: Integers) -> tuple[Integers, Integers]:
    """The distinct columns in order, and which of them each column is."""
    order = np.lexsort(columns[::-1])
    ordered = columns[:, order]
    new = np.ones(len(order), bool)
    new[1:] = np.any(ordered[:, 1:] != ordered[:, :-1], axis=0)
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(new) - 1
    return ordered[:, new], group


def _changes(values: NDArray[np.generic]) -> Flags:
    """Where a value differs from the one before it; true at the first."""
    found = np.ones(len(values), bool)
    found[1:] = values[1:] != values[:-1]
    return found
