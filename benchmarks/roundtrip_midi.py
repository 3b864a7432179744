"""Round trip of real MIDI files: read, write, read again, compare.

    python benchmarks/roundtrip_midi.py DIR...

For every .mid file below the folders: are bars, notes, chords, tempos, keys and sections the same
after the round trip, and what did reading and writing lose? Prints a table for each folder.
Exits with 1 if any file changed without the writer having counted a loss that explains it.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.score import Score

ASPECTS = ("bars", "tracks", "notes", "shifts", "chords", "tempos", "keys", "sections")
FINEST = 1 / 80
"""Half the resolution of the files we write, in ticks."""


def differences(before: Score, after: Score) -> list[str]:
    """Names of the aspects in which two scores differ."""
    tracks = [(t.name, t.role, t.program) for t in before.tracks]
    found = {
        aspect: getattr(before, aspect) == getattr(after, aspect)
        for aspect in ("bars", "chords", "tempos", "keys", "sections")
    }
    found["tracks"] = tracks == [(t.name, t.role, t.program) for t in after.tracks]
    pairs = list(zip(before.tracks, after.tracks, strict=False))
    written = [[(n.onset, n.pitch, n.duration, n.velocity) for n in t.notes] for t, _ in pairs]
    read = [[(n.onset, n.pitch, n.duration, n.velocity) for n in t.notes] for _, t in pairs]
    found["notes"] = [sorted(notes) for notes in written] == [sorted(notes) for notes in read]
    found["shifts"] = not found["notes"] or all(
        abs(a.shift - b.shift) <= FINEST + 1e-9
        for one, other in pairs
        for a, b in zip(one.notes, other.notes, strict=True)
    )
    return [aspect for aspect in ASPECTS if not found[aspect]]


def run(folder: Path) -> int:
    """Print the table of one folder; gives the number of files that changed unexplained."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
    read_losses, write_losses = Counter[str](), Counter[str]()
    refused, changed, explained = Counter[str](), Counter[str](), Counter[str]()
    notes, seconds, unexplained = 0, 0.0, 0
    for path in files:
        start = time.perf_counter()
        try:
            score, losses = read_midi(path)
        except AnacrusisError as error:
            refused[str(error).removeprefix(f"{path}: ")] += 1
            continue
        seconds += time.perf_counter() - start
        notes += sum(len(track.notes) for track in score.tracks)
        read_losses.update(losses.counts)
        try:
            data, lost = midi_bytes(score)
        except AnacrusisError as error:
            refused[f"not written: {error}"] += 1
            continue
        write_losses.update(lost.counts)
        found = differences(score, read_midi(data).score)
        excused = any("ends exchanged" in reason for reason in lost.counts)
        (explained if excused else changed).update(found)
        if found and not excused:
            unexplained += 1
            print(f"  changed: {path}: {', '.join(found)}", file=sys.stderr)
    speed = notes / max(seconds, 1e-9)
    print(f"\n{folder}: {len(files)} files, {notes} notes, {speed:.0f} notes/s")
    for title, counts in (
        ("refused", refused),
        ("not kept or changed by reading", read_losses),
        ("not kept by writing", write_losses),
        ("files changed, explained by the line above", explained),
        ("files changed, unexplained", changed),
    ):
        print(f"  {title}: {'none' if not counts else ''}")
        for reason, count in counts.most_common():
            print(f"    {count:>8}  {reason}")
    return unexplained


def main() -> None:
    """Run on the folders of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    sys.exit(1 if sum(run(folder) for folder in parser.parse_args().folders) else 0)


if __name__ == "__main__":
    main()
