"""Notes per bar in our reading of MusicXML and in music21's.

    python benchmarks/reading.py FOLDER [--files 200] [--seed 1] [--bars 64] [--cache FILE]

FOLDER holds the OpenScore Lieder and quartets, unpacked or as .mxl. Of the sampled files 70 % are
songs and 30 % quartets. Ours reads each file whole; music21, which takes seconds, reads the same
stretch of `--bars` bars of all parts. With `--cache` what music21 found is kept, so that a run goes
on where it was stopped.

What is counted: per written bar and part, the notes that begin to sound in it. Tied notes count
once, where the tie begins; two voices on one pitch at one moment are one note; grace notes do not
count, nor a tie from one; cue notes do not count (music21 does not keep ``<cue/>``, so it gets them
as rests). Prints the agreement, and every disagreement with its cause.
"""

import argparse
import json
import random
import sys
from bisect import bisect_right
from collections import Counter
from copy import deepcopy
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from anacrusis.compose.files.musicxml_meters import measure_bars, paces
from anacrusis.compose.files.musicxml_part import PartReader
from anacrusis.compose.files.musicxml_read import read_musicxml
from anacrusis.compose.files.musicxml_source import load_tree

SHARE_OF_SONGS = 0.7
_STATE = ("divisions", "key", "time", "staves", "transpose")
"""Children of ``attributes`` that hold until they are stated again, in the schema's order."""

Found = set[tuple[float, int]]
"""Notes of a bar: (onset in ticks from the bar line, MIDI pitch)."""


class Stretch(NamedTuple):
    """Written bars `first` to `stop - 1` of a file, and what music21 finds: by part, by bar."""

    first: int
    stop: int
    parts: list[list[Found]]


def sample(folder: Path, files: int, seed: int) -> list[Path]:
    """Songs and quartets, drawn without return."""
    rng = random.Random(seed)
    songs, quartets = (
        sorted(path for path in folder.rglob(f"{kind}*") if path.suffix in (".musicxml", ".mxl"))
        for kind in ("lc", "sq")
    )
    if not songs or not quartets:
        sys.exit(f"no OpenScore songs (lc*) and quartets (sq*) under {folder}")
    count = min(round(files * SHARE_OF_SONGS), len(songs))
    return rng.sample(songs, count) + rng.sample(quartets, min(files - count, len(quartets)))


def excerpt(root: Element, first: int, stop: int) -> bytes:
    """Bars `first` to `stop - 1` as a document, with the attributes that hold there."""
    cut = deepcopy(root)
    for part in cut.iterfind("part"):
        measures = part.findall("measure")
        held: dict[tuple[str, str], Element] = {}
        for measure in measures[:first]:
            for child in measure.iterfind("attributes/*"):
                if child.tag in _STATE:
                    held[child.tag, child.get("number", "")] = child
            part.remove(measure)
        for measure in measures[stop:]:
            part.remove(measure)
        state = Element("attributes")
        state.extend(held[key] for key in sorted(held, key=lambda key: _STATE.index(key[0])))
        if first < len(measures) and held:
            measures[first].insert(0, state)
    for measure in cut.iter("measure"):
        for note in measure.findall("note[cue]"):
            pitch = note.find("pitch")
            if note.find("chord") is not None:
                measure.remove(note)
            elif pitch is not None:
                pitch.clear()
                pitch.tag = "rest"
    return ElementTree.tostring(cut, "utf-8")


def theirs(path: Path, bars: int, seed: int) -> Stretch:
    """What music21 finds."""
    import music21

    root = load_tree(path)
    count = max(len(part.findall("measure")) for part in root.iterfind("part"))
    first = random.Random(f"{seed} {path.name}").randint(0, max(count - bars, 0))
    stop = min(first + bars, count)
    parsed = music21.converter.parseData(excerpt(root, first, stop), format="musicxml")
    if not isinstance(parsed, music21.stream.Score):
        sys.exit(f"music21 reads {path.name} as {type(parsed).__name__}")
    found: list[list[Found]] = []
    before = ""
    for staff in parsed.parts:
        staff.toSoundingPitch(inPlace=True)
        name, _, number = str(staff.id).rpartition("-Staff")
        if not number.isdecimal() or name != before:
            found.append([set() for _ in range(stop - first)])
        before = name
        part = found[-1]
        for index, measure in enumerate(staff.getElementsByClass("Measure")):
            tied_graces: Found = set()
            for element in measure.recurse().notes:
                if isinstance(element, music21.harmony.Harmony):
                    continue
                onset = round(float(element.getOffsetInHierarchy(measure)) * 12, 3)
                for note in getattr(element, "notes", (element,)):
                    if isinstance(note, music21.note.Unpitched):
                        continue
                    found_note = (onset, round(note.pitch.ps))
                    tie = "" if note.tie is None else note.tie.type
                    if element.duration.isGrace:
                        if tie:
                            tied_graces.add(found_note)
                    elif tie not in ("stop", "continue") or found_note in tied_graces:
                        part[index].add(found_note)
    return Stretch(first, stop, found)


def all_theirs(paths: list[Path], bars: int, seed: int, cache: Path | None) -> dict[Path, Stretch]:
    """What music21 finds in every file, from the cache where it has it."""
    known: dict[str, Stretch] = {}
    if cache is not None and cache.is_file():
        for line in cache.read_text("utf-8").splitlines():
            name, first, stop, parts = json.loads(line)
            found = [[{(onset, pitch) for onset, pitch in bar} for bar in part] for part in parts]
            known[name] = Stretch(first, stop, found)
    result: dict[Path, Stretch] = {}
    for number, path in enumerate(paths, 1):
        name = f"{path.name} {bars} {seed}"
        if name not in known:
            known[name] = stretch = theirs(path, bars, seed)
            if cache is not None:
                parts = [[sorted(bar) for bar in part] for part in stretch.parts]
                with cache.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([name, stretch.first, stretch.stop, parts]) + "\n")
        result[path] = known[name]
        print(f"\r{number}/{len(paths)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return result


class Cell(NamedTuple):
    """One bar of one part, as each reads it; onsets in ticks from the bar line.

    stretched: parts differ in meter there, and ours fits them to the common bar.
    """

    name: str
    bar: int
    part: int
    ours: set[tuple[int, int]]
    theirs: Found
    stretched: bool


def compare(path: Path, stretch: Stretch) -> list[Cell]:
    """Both readings of a file, bar by bar and part by part."""
    root = load_tree(path)
    elements = root.findall("part")
    written = [PartReader("", {}).read(element) for element in elements]
    groups, differing = measure_bars(written), paces(written)
    first_bar = list(accumulate((len(group) for group in groups), initial=0))
    score = read_musicxml(path).score
    if len(elements) != len(stretch.parts) or first_bar[-1] != len(score.bars):
        sys.exit(f"{path.name}: the two readings have other parts or bars")
    cells = []
    for number, (part, track) in enumerate(zip(stretch.parts, score.tracks, strict=True)):
        notes: dict[int, set[tuple[int, int]]] = {}
        for note in track.notes:
            measure = bisect_right(first_bar, score.bar_at(note.onset)) - 1
            onset = note.onset - score.bar_starts[first_bar[measure]]
            notes.setdefault(measure, set()).add((onset, note.pitch))
        for bar, theirs_there in enumerate(part, stretch.first):
            stretched = bar in differing[number]
            ours = notes.get(bar, set())
            cells.append(Cell(path.name, bar, number, ours, theirs_there, stretched))
    return cells


def cause(cell: Cell) -> str:
    """Why the two differ, as far as the notes show it."""
    rounded = {(int(onset + 0.5), pitch) for onset, pitch in cell.theirs}
    if len(rounded) < len(cell.theirs) and len(rounded) == len(cell.ours):
        return "two notes of one pitch within a tick of the grid"
    if len(cell.ours) == len(cell.theirs):
        if cell.stretched:
            return "other onsets: the parts differ in meter, ours are fitted to one bar"
        same = sorted(p for _, p in cell.ours) == sorted(p for _, p in cell.theirs)
        return "other onsets" if same else "other pitches"
    return f"only ours {sorted(cell.ours - rounded)}, only music21's {sorted(rounded - cell.ours)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bars", type=int, default=64)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    paths = sample(options.folder, options.files, options.seed)
    stretches = all_theirs(paths, options.bars, options.seed, options.cache)
    cells = [cell for path, stretch in stretches.items() for cell in compare(path, stretch)]
    counts = [cell for cell in cells if len(cell.ours) != len(cell.theirs)]
    notes = [
        cell
        for cell in cells
        if len(cell.ours) == len(cell.theirs)
        and cell.ours != {(int(onset + 0.5), pitch) for onset, pitch in cell.theirs}
    ]
    total = len(cells)
    print("| | |\n| --- | ---: |")
    print(f"| files | {len(paths)} |")
    print(f"| bars of a part | {total} |")
    print(f"| notes, music21 | {sum(len(cell.theirs) for cell in cells)} |")
    print(f"| bars with as many notes | {total - len(counts)} ({1 - len(counts) / total:.2%}) |")
    alike = total - len(counts) - len(notes)
    print(f"| and with the same onsets and pitches | {alike} ({alike / total:.2%}) |")
    for cell in counts:
        print(f"{cell.name}, bar {cell.bar + 1}, part {cell.part + 1}: {cause(cell)}")
    for (name, why), times in sorted(Counter((cell.name, cause(cell)) for cell in notes).items()):
        print(f"{name}: {why} in {times} bars")


if __name__ == "__main__":
    main()
