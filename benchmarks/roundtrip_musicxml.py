"""Read MusicXML files, write them, read them again, and count what is the same.

    python benchmarks/roundtrip_musicxml.py FOLDER [--limit 100] [--seed 1] [--music21 10]

With --music21 N, as many files are also read by music21 and every note onset is compared.
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.files.losses import Losses
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.files.musicxml_write import musicxml_bytes
from anacrusis.compose.score import Score

_SAME = ("bars", "tracks", "chords", "tempos", "keys", "sections", "title", "composer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--music21", type=int, default=0)
    options = parser.parse_args()
    files = sorted(
        path
        for suffix in ("musicxml", "mxl", "xml")
        for path in options.folder.rglob(f"*.{suffix}")
    )
    if not files:
        sys.exit(f"no MusicXML files under {options.folder}")
    random.Random(options.seed).shuffle(files)
    files = files[: options.limit]

    same: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    losses = again = Losses.none()
    clock: Counter[str] = Counter()
    read: list[tuple[Path, Score]] = []
    for path in files:
        started = time.perf_counter()
        try:
            score, lost = read_musicxml(path)
        except AnacrusisError as error:
            refused[str(error)] += 1
            continue
        clock["read"] += time.perf_counter() - started
        losses += lost
        started = time.perf_counter()
        data = musicxml_bytes(score)
        clock["write"] += time.perf_counter() - started
        copy, lost = read_musicxml(data)
        again += lost
        same.update(name for name in _SAME if getattr(copy, name) == getattr(score, name))
        read.append((path, score))

    count = len(read)
    notes = sum(len(track.notes) for _, score in read for track in score.tracks)
    bars = sum(len(score.bars) for _, score in read)
    print(f"files read         {count} of {len(files)} ({bars} bars, {notes} notes)")
    for name in _SAME:
        print(f"{name + ' equal':18} {same[name]} of {count}")
    for step in ("read", "write"):
        print(f"{step + ' time':18} {clock[step] / max(count, 1):.3f} s per file")
    print(f"lost by reading    {losses}")
    print(f"lost by rereading  {again}")
    for reason, number in refused.most_common():
        print(f"refused            {number}: {reason}")
    if options.music21:
        _compare(read[: options.music21])


def _compare(read: list[tuple[Path, Score]]) -> None:
    """Onset and pitch of every note, ours against music21's."""
    import music21

    total = missing = extra = 0
    seconds = 0.0
    for path, score in read:
        started = time.perf_counter()
        parsed = music21.converter.parse(path, forceSource=True)
        seconds += time.perf_counter() - started
        parts: dict[str, Counter[tuple[int, int]]] = {}
        for staff in parsed.parts:
            found = parts.setdefault(str(staff.id).split("-Staff")[0], Counter())
            sounding = staff.toSoundingPitch()
            for element in sounding.recurse().notes:
                if isinstance(element, music21.harmony.Harmony) or element.duration.isGrace:
                    continue
                if element.style.noteSize == "cue":
                    continue
                tick = int(float(element.getOffsetInHierarchy(sounding)) * 12 + 0.5)
                for note in getattr(element, "notes", (element,)):
                    begins = note.tie is None or note.tie.type == "start"
                    if begins and not isinstance(note, music21.note.Unpitched):
                        found[tick, round(note.pitch.ps)] = 1
        for track, theirs in zip(score.tracks, parts.values(), strict=False):
            if track.is_drums:
                continue
            ours = Counter((note.onset, note.pitch) for note in track.notes)
            total += ours.total()
            missing += (theirs - ours).total()
            extra += (ours - theirs).total()
    print(f"against music21    {len(read)} files, {total} notes: {missing} missing, {extra} more")
    print(f"music21 read time  {seconds / max(len(read), 1):.3f} s per file")


if __name__ == "__main__":
    main()
