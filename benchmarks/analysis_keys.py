"""Keys against POP909's and the lead sheets', with music21's analysis beside ours."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from analysis_sets import Sets, bare, table

from anacrusis.compose.analysis.keys import analyse_keys, estimate_key
from anacrusis.compose.analysis.profiles import pitch_class_weights
from anacrusis.compose.key import Key
from anacrusis.compose.score import Score

RELATIONS = ("same", "fifth above", "fifth below", "relative", "parallel", "other")
WEIGHTS = {"same": 1.0, "fifth above": 0.5, "relative": 0.3, "parallel": 0.2}
"""MIREX: what an answer is worth, as `mir_eval.key.weighted_score` counts it."""


def is_minor(key: Key) -> bool:
    """Whether the third of the scale is minor."""
    return (key.tonic_class + 3) % 12 in key.scale


def relation(wanted: Key, found: Key) -> str:
    """How a found key relates to the stated one."""
    up = (found.tonic_class - wanted.tonic_class) % 12
    minor = is_minor(wanted)
    if minor == is_minor(found):
        return {0: "same", 7: "fifth above", 5: "fifth below"}.get(up, "other")
    if up == 0:
        return "parallel"
    return "relative" if up == (3 if minor else 9) else "other"


def main_key(score: Score) -> Key:
    """The key that holds longest."""
    held = Counter[Key]()
    ends = [*(change.tick for change in score.keys[1:]), score.ticks]
    for change, end in zip(score.keys, ends, strict=True):
        held[change.key] += end - change.tick
    return max(held, key=lambda key: held[key])


def music21_key(algorithm: str) -> Callable[[Score], Key]:
    """music21's analysis of the same notes: it adds up durations by class, as is done here."""
    from music21 import note, stream

    def analyse(score: Score) -> Key:
        music: Any = stream.Stream()
        for pitch_class, ticks in enumerate(pitch_class_weights(score)):
            if ticks:
                music.append(note.Note(60 + pitch_class, quarterLength=float(ticks) / 12))
        found = music.analyze(algorithm)
        return Key.parse(f"{found.tonic.name.replace('-', 'b')} {found.mode}")

    return analyse


def same_signature(wanted: Key, found: Key) -> bool:
    """Whether two keys have the same notes; enharmonic spellings count as one."""
    return (wanted.fifths - found.fifths) % 12 == 0


def report(sets: Sets, music21: bool) -> str:
    """The tables of whole-piece keys and of keys bar by bar."""
    methods: dict[str, Callable[[Score], Key]] = {"analysis": estimate_key}
    if music21:
        methods["music21, Krumhansl"] = music21_key("key.krumhansl")
        methods["music21, Aarden-Essen"] = music21_key("key.aarden")
    rows = []
    for name in ("pop909", "nottingham"):
        scores = [piece.score for piece in sets.pieces(name) if piece.score.keys]
        for method, analyse in methods.items():
            counts = Counter(relation(main_key(score), analyse(bare(score))) for score in scores)
            total = len(scores)
            weighted = sum(WEIGHTS.get(how, 0.0) * n for how, n in counts.items()) / total
            rows.append((f"{name}, {method}", total, weighted,
                         *(counts[how] / total for how in RELATIONS)))  # fmt: skip
    parts = [table(("set, method", "pieces", "MIREX score", *RELATIONS), rows)]
    signed = []
    for name in ("openewld_pd", "openhymnal", "openscore_lieder"):
        scores = [piece.score for piece in sets.pieces(name, 3 if "lieder" in name else 1)
                  if len({change.key.fifths for change in piece.score.keys}) == 1]  # fmt: skip
        for method, analyse in methods.items():
            same = sum(same_signature(score.keys[0].key, analyse(bare(score))) for score in scores)
            signed.append((f"{name}, {method}", len(scores), same / len(scores)))
    parts.append(table(("set, method", "pieces", "same signature"), signed))
    parts.append(_changing(sets))
    return "\n\n".join(parts)


def _changing(sets: Sets) -> str:
    """POP909 bar by bar, where keys may change."""
    rows = []
    scores = [piece.score for piece in sets.pieces("pop909") if piece.score.keys]
    for name, chosen in (
        ("all songs", scores),
        ("songs that change key", [s for s in scores if len({c.key for c in s.keys}) > 1]),
    ):
        steady, found, noticed = [], [], []
        for score in chosen:
            one, seen = estimate_key(bare(score)), bare(score)
            changes = analyse_keys(seen)
            lane = Score(seen.bars, keys=changes)
            starts = score.bar_starts[:-1]
            truth = [score.key_at(tick) or score.keys[0].key for tick in starts]
            steady.append(_share([(key, one) for key in truth]))
            ours = [lane.key_at(tick) or one for tick in starts]
            found.append(_share(list(zip(truth, ours, strict=True))))
            noticed.append((len(changes) > 1) == (len({key.tonic_class for key in truth}) > 1))
        n = len(chosen)
        rows.append((name, n, sum(steady) / n, sum(found) / n, sum(noticed) / n))
    return table(("POP909, share of bars in the stated key", "songs", "one key for all",
                  "keys that change", "change or none, rightly told"), rows)  # fmt: skip


def _share(pairs: list[tuple[Key, Key]]) -> float:
    return sum(relation(*pair) == "same" for pair in pairs) / len(pairs)
