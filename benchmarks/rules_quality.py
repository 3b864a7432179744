"""Whether quality pays for the guarantee: held-out loss under masks, and lines beside people's.

    python benchmarks/rules_quality.py DATA [--cache FOLDER] [--split test] [--windows 10]
                                       [--songs 4] [--weights FOLDER]

DATA holds the archives of the clean sets; what is read of them is kept in the cache. Loss: each
window of held-out music is read token by token under rules that it keeps (`derived_rules.py`), once
without chords, once, where it keeps the chord guarantee, with them; nats of the true tokens by the
whole distribution, by what the grammar leaves of it, and by what all masks leave. A mask cannot
make a token less likely that it allows, so the question is how often one is forbidden: a window is
read up to there. Songs have the bars, meter and tracks of people's, with usual rules and without.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from derived_rules import Stricter, derived_rules, plan_of, written

from anacrusis.compose.analysis.bars import melody_line
from anacrusis.compose.constraints.assemble import allowed, constraints_for
from anacrusis.compose.constraints.pitchset import Mask
from anacrusis.compose.constraints.state import State
from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.document import Document
from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.decoding.writer import emptied
from anacrusis.compose.errors import AnacrusisError, ConstraintError
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan import Plan
from anacrusis.compose.rules import parse_rule
from anacrusis.compose.score import Score
from anacrusis.compose.tokens.encode import Encoder
from anacrusis.compose.tokens.vocabulary import vocabulary
from anacrusis.compose.verify import verify
from anacrusis.datasets.collect import collect
from anacrusis.datasets.evaluation.windows import (
    STYLES,
    Window,
    draw,
    pieces_of,
    plan_like,
    windows,
)
from anacrusis.datasets.loaders.clean import cut
from anacrusis.datasets.registry import training_cards
from anacrusis.datasets.sources import pieces_cache

BARS, CHORDED, SONG = 16, 4, 32
"""Bars of what is read without chords and with them, and of songs."""
CHORD_RULES = frozenset({"strong", "non-chord tone", "held", "bass", "lane"})
USUAL = {
    "melody": ("leap 9", "breath 16"),
    "counter": ("leap 12",),
    "chords": ("voices 1-5", "playable"),
    "pad": ("voices 1-4",),
    "arpeggio": ("grid 1/16",),
    "bass": ("grid 1/8", "leap 12"),
    "drums": ("onsets 1-16",),
}
"""What is asked of a track of a role, where rules are usual."""


@dataclass
class Reading:
    """What came of reading windows: nats of each true token by the whole distribution, by what the
    grammar leaves, and by what all masks leave; tokens that were forbidden, and by what; how many
    rules held; windows that were left out, and why.
    """

    nats: list[tuple[float, float, float]] = field(default_factory=list)
    forbidden: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    windows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


def read_windows(
    found: Iterable[tuple[str, Score]], model: Model, chords: bool, reading: Reading
) -> Reading:
    """Read windows, each with its style, under rules that they keep."""
    for style, score in found:
        try:
            true = written(score)
            if not chords:
                true = replace(true, chords=())
            plan = plan_of(true, style)
            plan = replace(plan, rules=derived_rules(true, plan))
            read_through(true, plan, model, reading)
        except Stricter as reason:
            reading.left_out[str(reason)] += 1
        except ConstraintError:
            reading.left_out["look-ahead sees no way to write it"] += 1
        else:
            reading.windows += 1
            reading.rules.update(rule.word for rule in plan.rules)
    return reading


def read_through(true: Score, plan: Plan, model: Model, reading: Reading) -> None:
    """Read the notes of a score as the decoder would write them, up to one that it would not."""
    skeleton = emptied(true, None)
    state = State(skeleton, plan.tracks)
    constraints = constraints_for(state, rules=plan.rules)
    document = Document(model, skeleton, plan.tracks, plan.style)

    def step(tokens: Sequence[int]) -> None:
        for token in tokens:
            state.step(token)
            for constraint in constraints:
                constraint.step(state, token)

    step(document.open())
    for bar in range(len(true.bars)):
        step(document.open_bar(bar))
        *notes, closing = _tokens(true, bar)
        for token in (*notes, closing):
            mask, formal = allowed(state, constraints), state.grammar.allowed()
            if not mask[token]:
                masks = ((type(one).__name__, one.mask(state)) for one in constraints)
                by = [name for name, one in masks if one is not None and not one[token]]
                reading.forbidden[f"{vocabulary().type(token)}, by {', '.join(by)}"] += 1
                return
            logits = document.logits.astype(np.float64)
            everything = np.ones_like(mask)
            whole, by_form, by_all = (_nats(logits, token, m) for m in (everything, formal, mask))
            reading.nats.append((whole, by_form, by_all))
            if token != closing:
                step([token])
                document.add([token], [state.tick])


def _nats(logits: np.ndarray, token: int, mask: Mask) -> float:
    """The negative log-likelihood of a token in what a mask leaves of a distribution."""
    return float(np.logaddexp.reduce(logits[mask]) - logits[token])


def _tokens(score: Score, bar: int) -> list[int]:
    """The notes of a bar, and what follows them."""
    v, encoder = vocabulary(), Encoder(score)
    encoder.bar(bar)
    notes = encoder.ids[encoder.ids.index(v.id("Now")) + 1 :]
    return [*notes, v.id("EOS" if bar == len(score.bars) - 1 else "Bar")]


def without_chords(found: Iterable[Window]) -> Iterator[tuple[str, Score]]:
    """The first bars of windows, from the first full one."""
    for window in found:
        first = int(window.score.bars[0].length is not None)
        bars = min(len(window.score.bars) - first, BARS)
        yield window.style, cut(window.score, first, first + bars)


def with_chords(found: Iterable[Window], seen: Counter[str]) -> Iterator[tuple[str, Score]]:
    """Of each window the first bars that keep the chord guarantee; `seen` counts those looked at
    and those that do."""
    for window in found:
        for first in range(0, len(window.score.bars) - CHORDED + 1, CHORDED):
            score = replace(cut(window.score, first, first + CHORDED), plan=None)
            if not score.chords or score.bars[0].length is not None:
                continue
            seen["stretches of four bars"] += 1
            broken = {violation.rule for violation in verify(score).violations}
            if broken.isdisjoint(CHORD_RULES):
                seen["that keep the chord guarantee"] += 1
                yield window.style, score
                break


@dataclass
class Lines:
    """Notes, chord tones and kinds of other tones, and the intervals of melodies."""

    songs: int = 0
    notes: int = 0
    met: float = 0.0
    tones: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    intervals: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    def add(self, score: Score) -> None:
        """Count a song in."""
        report = verify(replace(score, plan=None))
        pitched = sum(len(track.notes) for track in score.tracks if not track.is_drums)
        self.songs += 1
        if report.chord_tone_share is not None:
            self.notes += pitched
            self.tones += report.chord_tone_share * pitched
            self.kinds.update(report.non_chord_tones)
        moves = np.abs(np.diff(melody_line(score).pitches)).tolist()
        self.intervals.update(_interval(move) for move in moves)


def _interval(semitones: int) -> str:
    names = ((0, "repeated"), (2, "steps"), (4, "thirds"))
    return next((name for most, name in names if semitones <= most), "larger")


def with_usual_rules(plan: Plan) -> Plan:
    """The plan with what is usually asked of its tracks."""
    rules = (
        parse_rule(rule, about=track.name)
        for track in plan.tracks
        for rule in USUAL.get(track.role, ())
    )
    return replace(plan, rules=tuple(rules))


def lines(found: Sequence[Window], model: Model) -> dict[str, Lines]:
    """Songs by people, and the like composed without rules and with usual ones."""
    rows = {name: Lines() for name in ("people", "composed, no rules", "composed, usual rules")}
    for number, window in enumerate(found):
        first = int(window.score.bars[0].length is not None)
        score = cut(window.score, first, min(len(window.score.bars), first + SONG))
        plan = plan_like(window._replace(score=score), number)
        rows["people"].add(score)
        for name, asked in zip(list(rows)[1:], (plan, with_usual_rules(plan)), strict=True):
            try:
                rows[name].add(compose(asked, model=model))
            except AnacrusisError:
                rows[name].refused += 1
    return rows


def held_out(data: Path, cache: Path, split: str) -> list[Window]:
    """Windows of the pieces of a split; what is not in the cache is read from `data`."""
    for card in training_cards():
        collect(card.name, cache, data)
    pieces = pieces_of(cache, (split,))[split]
    return [window for piece in pieces for window in windows(piece)]


def print_readings(readings: dict[str, Reading]) -> None:
    """A table of losses, and what was left out or forbidden."""
    print("| held-out music under rules that it keeps | windows | tokens | whole distribution "
          "| grammar alone | all masks | forbidden |")  # fmt: skip
    print("| --- |" + " ---: |" * 6)
    for name, reading in readings.items():
        means = np.mean(reading.nats or [(np.nan,) * 3], axis=0)
        losses = " | ".join(f"{nats:.4f}" for nats in means)
        print(f"| {name} | {reading.windows} | {len(reading.nats):,} | {losses} "
              f"| {reading.forbidden.total()} |")  # fmt: skip
    for name, reading in readings.items():
        for title in ("rules", "forbidden", "left_out"):
            counts = getattr(reading, title).most_common()
            said = ", ".join(f"{what} {count}" for what, count in counts)
            print(f"\n{name}, {title.replace('_', ' ')}: {said or 'none'}")


def print_lines(rows: dict[str, Lines]) -> None:
    """A table of what the notes are."""
    kinds = sorted(set().union(*(row.kinds for row in rows.values())))
    print(f"\n| per 100 pitched notes | {' | '.join(rows)} |")
    print("| --- |" + " ---: |" * len(rows))
    print(f"| songs (refused) | {' | '.join(f'{r.songs} ({r.refused})' for r in rows.values())} |")
    shares = (100 * row.tones / max(row.notes, 1) for row in rows.values())
    print(f"| chord tones | {' | '.join(f'{share:.1f}' for share in shares)} |")
    for kind in kinds:
        found = (100 * row.kinds[kind] / max(row.notes, 1) for row in rows.values())
        print(f"| {kind} | {' | '.join(f'{share:.1f}' for share in found)} |")
    for name in ("repeated", "steps", "thirds", "larger"):
        found = (100 * r.intervals[name] / max(r.intervals.total(), 1) for r in rows.values())
        print(f"| of 100 melodic intervals: {name} | {' | '.join(f'{s:.1f}' for s in found)} |")


def main() -> int:
    """Read, compose and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--split", choices=("valid", "test"), default="test")
    parser.add_argument("--windows", type=int, default=10, help="of each style")
    parser.add_argument("--songs", type=int, default=4, help="of each style")
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    model = Runtime.load(options.weights)
    found = held_out(options.data, options.cache or pieces_cache(), options.split)
    drawn = [window for style in STYLES for window in draw(found, style, options.windows)]
    seen: Counter[str] = Counter()
    print_readings({
        "without chords": read_windows(without_chords(drawn), model, False, Reading()),
        "with their chords": read_windows(with_chords(drawn, seen), model, True, Reading()),
    })  # fmt: skip
    print(f"\n{', '.join(f'{count} {what}' for what, count in seen.items())}")
    songs = [window for style in STYLES for window in draw(found, style, options.songs)]
    print_lines(lines(songs, model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
