"""How fast a score becomes sound: time per stage, times real time, and peak memory.

Run ``python benchmarks/render_speed.py``; it plays an eight-track song of three minutes with the
font that rendering finds by itself, on one thread, and prints a table. Processor time is counted,
so other work on the machine disturbs it little.
"""

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass

from anacrusis.compose.meter import Meter
from anacrusis.compose.score import Bar, Note, Score, TempoChange, Track
from anacrusis.render.render import RenderSettings, render

BPM = 100.0
_CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))  # Am F C G
_PARTS = (  # name, role, program, steps of a bar in ticks, octave, velocity
    ("melody", "melody", 73, 6, 24, 90),
    ("counter", "counter", 71, 12, 12, 80),
    ("piano", "chords", 0, 24, 0, 75),
    ("guitar", "chords", 25, 12, 0, 70),
    ("harp", "arpeggio", 46, 3, 12, 70),
    ("strings", "pad", 48, 48, 0, 65),
    ("bass", "bass", 33, 12, -24, 90),
)


def song(seconds: float) -> Score:
    """Eight tracks (seven pitched and drums) of plain but dense music."""
    bars = max(round(seconds * BPM / 240.0), 1)
    tracks = []
    for name, role, program, step, octave, velocity in _PARTS:
        full = role in ("chords", "pad")
        notes = [
            Note(48 * bar + tick, pitch + octave, step, velocity)
            for bar in range(bars)
            for beat, tick in enumerate(range(0, 48, step))
            for voice, pitch in enumerate(_CHORDS[bar % 4])
            if full or voice == beat % 3
        ]
        tracks.append(Track(name, role, program, tuple(notes)))
    drums = [
        Note(48 * bar + tick, pitch, 3, velocity)
        for bar in range(bars)
        for pitch, velocity, ticks in (
            (42, 70, range(0, 48, 6)), (36, 100, (0, 24)), (38, 95, (12, 36))
        )
        for tick in ticks
    ]  # fmt: skip
    tracks.append(Track("drums", "drums", -1, tuple(drums)))
    return Score((Bar(Meter(4, 4)),) * bars, tuple(tracks), (TempoChange(0, BPM),))


@dataclass
class Stopwatch:
    """Notes the processor time at which each stage begins."""

    marks: list[tuple[str, float]]

    def __call__(self, stage: str, done: float) -> None:
        """Called by `render` while it works."""
        if self.marks[-1][0] != stage:
            self.marks.append((stage, time.process_time()))

    def stages(self) -> list[tuple[str, float]]:
        """(stage, seconds), in order."""
        ends = [begin for _, begin in self.marks[1:]] + [time.process_time()]
        return [(stage, end - begin) for (stage, begin), end in zip(self.marks, ends, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--font", help="SoundFont file; by default one is looked for")
    parser.add_argument("--no-stems", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    settings = RenderSettings(
        font=arguments.font, stems=not arguments.no_stems, workers=arguments.workers
    )
    score = song(arguments.seconds)
    with tempfile.TemporaryDirectory() as folder:
        wall, watch = time.perf_counter(), Stopwatch([("start", time.process_time())])
        result = render(score, folder, settings, progress=watch)
        wall = time.perf_counter() - wall
    stages = watch.stages()
    processor = sum(seconds for _, seconds in stages)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    notes = sum(len(track.notes) for track in score.tracks)
    print(f"{len(score.tracks)} tracks, {notes} notes, {result.seconds:.1f} s, {result.sounds}")
    print(f"{'stage':<10} {'seconds':>8} {'x real time':>12}")
    for stage, seconds in [*stages, ("processor", processor), ("clock", wall)]:
        print(f"{stage:<10} {seconds:>8.2f} {result.seconds / max(seconds, 1e-9):>12.1f}")
    print(f"peak memory {memory:.0f} MB")
    print(f"loudness {result.loudness.lufs:.2f} LUFS, {result.loudness.true_peak:.2f} dBTP")


if __name__ == "__main__":
    main()
