"""Give a piece the lanes its source lacks: keys, chords and form."""

from dataclasses import replace

import numpy as np

from anacrusis.compose.analysis.chords import analyse_chords
from anacrusis.compose.analysis.keys import analyse_keys, estimate_key
from anacrusis.compose.analysis.meters import check_meter
from anacrusis.compose.analysis.profiles import pitch_class_weights
from anacrusis.compose.analysis.sections import analyse_sections
from anacrusis.compose.key import Key
from anacrusis.compose.score import KeyChange, Score

from .loaders.piece import Piece

_TRUSTED_SIGNATURES = frozenset(("song", "quartet", "hymn", "lead sheet"))
"""Styles whose files are notated; a MIDI sequence often says C major where nothing was set."""
_LETTERED_FORM = frozenset(("game", "song", "hymn", "lead sheet"))
"""Styles whose form a few letters can name; a quartet movement would need dozens."""
_MIN_REGION = 96
"""Ticks under which a change of signature is not a key of its own."""
_CHORD_TONE = 0.5
"""What a tone of a written chord counts against a note: it has three or four, the melody one."""
_LAST_ROOT = 0.05
"""What the root of the last chord counts more, as a share of all: most pieces end on the tonic."""


def annotate(piece: Piece) -> Piece:
    """The piece with keys, chords and sections. Charts, drums and labelled pieces stay as they are.

    Bars of sequences that the notes contradict are counted in its losses.
    """
    if piece.style in ("chart", "drums") or piece.labelled:
        return piece
    score = replace(piece.score, keys=_keys(piece.score, piece.style in _TRUSTED_SIGNATURES))
    if not score.chords:
        score = replace(score, chords=analyse_chords(score))
    if not score.sections and piece.style in _LETTERED_FORM:
        score = replace(score, sections=analyse_sections(score).sections)
    losses = piece.losses
    if piece.style not in _TRUSTED_SIGNATURES:
        meter = check_meter(score)
        losses = losses.with_("bar lines that the notes contradict", bool(meter and not meter.fits))
    return replace(piece, score=score, losses=losses)


def _keys(score: Score, trusted: bool) -> tuple[KeyChange, ...]:
    """One key per signature, its mode from the notes; without signatures, all from the notes."""
    if not trusted or not score.keys:
        if not score.chords:
            return analyse_keys(score)
        return (KeyChange(0, _key(score, None, 0, score.ticks)),)
    merged: list[tuple[int, int]] = []
    for tick, fifths in ((change.tick, change.key.fifths) for change in score.keys):
        if merged and tick - merged[-1][0] < _MIN_REGION:
            merged[-1] = (merged[-1][0], fifths)
        elif not merged or merged[-1][1] != fifths:
            merged.append((tick, fifths))
    merged[0] = (0, merged[0][1])
    ends = [tick for tick, _ in merged[1:]] + [score.ticks]
    changes: list[KeyChange] = []
    for (tick, fifths), end in zip(merged, ends, strict=True):
        key = _key(score, fifths, tick, end)
        if not changes or changes[-1].key != key:
            changes.append(KeyChange(tick, key))
    return tuple(changes)


def _key(score: Score, fifths: int | None, start: int, end: int) -> Key:
    if not score.chords:
        return estimate_key(score, fifths=fifths, start=start, end=end)
    weights = pitch_class_weights(score, start, end)
    for span in score.chords:
        sounding = min(span.end, end) - max(span.onset, start)
        if sounding > 0:
            for tone in span.chord.classes:
                weights[tone] += _CHORD_TONE * sounding
    final = next((s for s in reversed(score.chords) if s.onset < end and not s.chord.is_none), None)
    if final is not None:
        weights[final.chord.root_class] += _LAST_ROOT * float(np.sum(weights))
    return estimate_key(weights, fifths=fifths)
