"""Chords against POP909's chord track and the symbols of Nottingham and OpenEWLD, beat by beat."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from analysis_sets import Sets, bare, held_out, spread, table

from anacrusis.compose.analysis.chords import analyse_chords
from anacrusis.compose.analysis.keys import analyse_keys
from anacrusis.compose.analysis.profiles import beat_grid, pitched_notes
from anacrusis.compose.chord import Chord
from anacrusis.compose.score import ChordSpan, Note, Score, Track

Analysis = Callable[[Score], tuple[ChordSpan, ...]]
INTERVALS = ("", "+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9", "+10", "+11")
MUSIC21_EVERY = 8
"""music21 reads one piece in so many, as it takes long."""


def third(chord: Chord) -> str:
    """``maj``, ``min``, ``dim``, ``aug``, or ``sus`` where there is no third."""
    tones = {(tone - chord.root_class) % 12 for tone in chord.classes}
    if 4 in tones:
        return "aug" if 8 in tones and 7 not in tones else "maj"
    if 3 in tones:
        return "dim" if 6 in tones and 7 not in tones else "min"
    return "sus"


@dataclass
class Agreement:
    """Beats compared: how many agree by root, by root and third; what was taken for what."""

    beats: int = 0
    roots: int = 0
    thirds: int = 0
    common: int = 0
    agreed: int = 0
    pieces: list[float] = field(default_factory=list)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def compare(self, wanted: Score, lane: tuple[ChordSpan, ...]) -> None:
        """Count one piece. Beats without a stated chord are left out."""
        found = replace(wanted, chords=lane)
        common, agreed = self.common, self.agreed
        starts, levels = beat_grid(wanted)
        for tick, level in zip(starts, levels, strict=True):
            truth, ours = wanted.chord_at(tick), found.chord_at(tick)
            if level == 0 or truth is None or truth.is_none:
                continue
            kind = third(truth)
            self.beats += 1
            if ours is None or ours.is_none:
                same, taken = False, "none"
            else:
                same = ours.root_class == truth.root_class
                taken = third(ours) + INTERVALS[(ours.root_class - truth.root_class) % 12]
            self.roots += same
            self.thirds += taken == kind
            self.confusion[kind, taken] += 1
            if kind in ("maj", "min"):
                self.common += 1
                self.agreed += taken == kind
        if self.common > common:
            self.pieces.append((self.agreed - agreed) / (self.common - common))

    def row(self, name: str) -> tuple[object, ...]:
        """The table's row."""
        shares = (self.roots / self.beats, self.agreed / self.common, self.thirds / self.beats)
        return (name, len(self.pieces), self.beats, *shares, spread(self.pieces))


def analysed(score: Score) -> tuple[ChordSpan, ...]:
    """Our chords, in keys that are found as well."""
    seen = bare(score)
    return analyse_chords(replace(seen, keys=analyse_keys(seen)))


def music21_chords(score: Score) -> tuple[ChordSpan, ...]:
    """What music21 calls the notes that sound in each beat."""
    from music21.chord import Chord as Notes

    names = {"major": "maj", "minor": "min", "diminished": "dim", "augmented": "aug"}
    notes = pitched_notes(score)
    starts, levels = beat_grid(score)
    starts = [tick for tick, level in zip(starts, levels, strict=True) if level]
    spans = []
    for start, end in zip(starts, [*starts[1:], score.ticks], strict=True):
        pitches = sorted({int(p) for p in notes[(notes[:, 0] < end) & (notes[:, 1] > start), 2]})
        if pitches:
            chord = Notes(pitches)
            root = chord.root().name.replace("-", "b")
            quality = names.get(chord.quality, "sus4")
            spans.append(ChordSpan(start, end - start, Chord(root, quality)))
    return tuple(spans)


def with_accompaniment(score: Score) -> Score:
    """The melody with its symbols played plainly: the bass on strong beats, the chord between."""
    bass: list[Note] = []
    strokes: list[Note] = []
    for index, bar in enumerate(score.bars):
        meter, begin, lead = bar.meter, score.bar_starts[index], score.lead(index)
        compound = meter.denominator == 8 and meter.numerator % 3 == 0 and meter.numerator > 3
        step = meter.unit if compound else min(meter.unit, 12)
        every = 3 if compound or (meter.ticks // step) % 2 else 2
        for place in range(0, meter.ticks, step):
            tick = begin + place - lead
            chord = score.chord_at(tick) if begin <= tick < begin + bar.ticks else None
            if chord is None or chord.is_none:
                continue
            length = min(step, begin + bar.ticks - tick)
            if (place // step) % every == 0:
                bass.append(Note(tick, 36 + chord.bass_class, length))
            elif not compound or (place // step) % 3 == 2:
                strokes += [Note(tick, 48 + tone, length) for tone in sorted(set(chord.classes))]
    accompaniment = (Track("chords", "chords", 24, tuple(strokes)),
                     Track("bass", "bass", 32, tuple(bass)))  # fmt: skip
    return replace(score, tracks=(*score.tracks, *accompaniment))


def measure(scores: Iterable[Score], analysis: Analysis, played: bool = False) -> Agreement:
    """Analyse all scores; played: with their symbols as an accompaniment."""
    agreement = Agreement()
    for score in scores:
        agreement.compare(score, analysis(with_accompaniment(score) if played else score))
    return agreement


def confusions(agreement: Agreement, rows: int = 14) -> str:
    """The table of what was taken for what, as shares of each kind's beats."""
    kinds = Counter[str]()
    for (kind, _), count in agreement.confusion.items():
        kinds[kind] += count
    common = [(pair, n) for pair, n in agreement.confusion.most_common(rows) if pair[0] != pair[1]]
    right = [((kind, kind), agreement.confusion[kind, kind]) for kind, _ in kinds.most_common(4)]
    return table(
        ("stated", "taken for", "beats", "share of stated"),
        [(kind, taken, n, n / kinds[kind]) for (kind, taken), n in (*right, *common)],
    )


def report(sets: Sets, music21: bool) -> str:
    """The tables of agreement and confusion."""
    pop = [piece.score for piece in sets.pieces("pop909") if piece.score.chords]
    tunes = [piece.score for piece in sets.pieces("nottingham")]
    sheets = [piece.score for piece in sets.pieces("openewld_pd")
              if piece.score.chords and held_out(piece)]  # fmt: skip
    measured = {
        "POP909, all notes": (pop, False),
        "Nottingham, melody alone": (tunes, False),
        "Nottingham, symbols played": (tunes, True),
        "OpenEWLD, melody alone": (sheets, False),
        "OpenEWLD, symbols played": (sheets, True),
    }
    results = {name: measure(scores, analysed, played)
               for name, (scores, played) in measured.items()}  # fmt: skip
    rows = [result.row(name) for name, result in results.items()]
    if music21:
        for name, (scores, played) in measured.items():
            sample = scores[::MUSIC21_EVERY]
            rows.append(measure(sample, analysed, played).row(f"{name}, sample"))
            rows.append(measure(sample, music21_chords, played).row(f"{name}, sample, music21"))
    head = ("set", "pieces", "beats", "root", "root + third (maj/min)", "root + third (all)",
            "pieces 10/50/90 %")  # fmt: skip
    parts = [table(head, rows)]
    for name in ("POP909, all notes", "Nottingham, melody alone", "Nottingham, symbols played"):
        parts.append(f"{name}: stated chords, and what they were taken for (+3: a root three "
                     f"semitones higher)\n\n{confusions(results[name])}")  # fmt: skip
    return "\n\n".join(parts)
