"""Twenty requests that state rules of all kinds, and hashes of the music that they give.

    python benchmarks/golden_requests.py [--write]

Each is composed by a model that knows nothing, where the composer itself is looked at and nothing
else, and by the shipped weights. The hashes are of the MIDI files. `--write` puts them into
`golden_requests.json`: after a change that is meant to give other notes, or for other weights.
Exits 1 where hashes differ from those of the file.
"""

import argparse
import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from rule_requests import Unknowing

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.decoding.sampler import Model
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.model.runtime import Runtime
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line

FILE = Path(__file__).with_suffix(".json")
UNKNOWING, SHIPPED = "a model that knows nothing", "the shipped weights"

_BAND, _QUARTET = "melody,chords,bass,drums", "violin,viola,cello"
_REQUESTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Am F C G", _BAND, {"rules": ["melody: leap 7", "melody: breath 6", "drums rock"]}),
    ("C Am Dm G7", _BAND, {"rules": ["melody: contour arch in bars 1-2", "bass: grid 1/4"]}),
    ("Dm G C", "melody,bass", {"rules": ["melody: pitches D4 F4 E4 in bar 1", "bass: onsets 2-4"]}),
    ("Em C G D", "melody,piano", {"rules": ["piano: voices 3-4", "piano: playable"]}),
    ("G Em C D", "melody,counter,bass", {"rules": ["melody, counter: no crossing"]}),
    ("F Dm Gm C", "melody,counter,bass", {"rules": ["melody, counter, bass: no parallels"]}),
    ("C F G C", _QUARTET, {"rules": ["violin, viola, cello: spacing 19", "cello: range C2-C4"]}),
    ("Am Dm E7 Am", "melody,strings,drums", {"rules": ["strings: doubles melody -12"]}),
    ("C G Am F", _BAND, {"rules": ["all: dynamics p to f", "bass: rhythm 1/4 1/8 1/8"]}),
    ("Dm C Bb A", "guitar,bass", {"rules": ["guitar: playable", "bass: scale D minor"]}),
    ("Cmaj7 Fmaj7", "melody,chords", {"rules": ["melody: only C D E G A", "chords: voices 2-3"]}),
    ("Am7 D7 Gmaj7", "melody,bass", {"meter": "3/4", "rules": ["melody: avoid F A#"]}),
    ("Dm Am Bb F", "flute,harp", {"meter": "6/8", "rules": ["flute: tessitura D5-D6"]}),
    ("C Am F G", "melody,bass", {"rules": ["melody: require E B in bars 1-2", "melody: leap 9"]}),
    ("Bb Eb F Bb", _BAND, {"rules": ["melody: silent in bar 1", "drums: onsets 3-6"]}),
    ("", "melody,chords", {"key": "G", "bars": 8, "rules": ["cadence half in bar 4"]}),
    ("", _BAND, {"key": "C", "bars": 8, "rules": ["modulate to relative minor in bar 5"]}),
    ("Em D C B7", _BAND, {"meter": "7/8", "rules": ["melody: grid 1/8", "bass: onsets 1-3"]}),
    ("C F C G", "melody,bass", {"pickup": "1", "rules": ["melody: contour + + - in bar 1"]}),
    ("A D", _BAND, {"sections": "A:2,B:2,A", "swing": 0.6, "rules": ["drums backbeat in B"]}),
)  # fmt: skip
COUNT = len(_REQUESTS)
SHORT = (3, 4, 12)
"""Requests that are composed soon, for tests and for slow, emulated processors."""


def request(number: int) -> Plan:
    """A plan of 3 to 8 bars; always the same."""
    chords, tracks, options = _REQUESTS[number]
    given = {"tempo": 100.0, "seed": number} | options
    if chords and "sections" not in given:
        given["bars"] = given.get("bars", len(chords.split()))
    return plan_from_line(chords or None, tracks=tracks, **given)


def digest(number: int, model: Model) -> str:
    """The start of the SHA-256 of a request's MIDI file."""
    score = compose(request(number), model=model)
    return hashlib.sha256(midi_bytes(score).data).hexdigest()[:16]


def digests(
    name: str, numbers: Sequence[int], threads: int = 1, weights: str | None = None
) -> dict[str, str]:
    """Hash by number of request, of one of the two models."""
    if name == UNKNOWING:
        return {str(number): digest(number, Unknowing(number)) for number in numbers}
    runtime = Runtime.load(weights, threads)
    return {str(number): digest(number, runtime) for number in numbers}


def known() -> dict[str, Any]:
    """What the file holds."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def instructions() -> str:
    """The widest instructions of this processor that NumPy and ONNX Runtime tell apart."""
    features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    levels = ("AVX512_SPR", "AVX512_ICL", "AVX512_SKX", "X86_V4", "AVX2", "X86_V3")
    widest = next((level for level in levels if features.get(level)), "none of x86")
    return f"{platform.machine()} {widest}"


def main() -> int:
    """Compose all and compare, or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = {name: digests(name, range(COUNT)) for name in (UNKNOWING, SHIPPED)}
    if options.write:
        made = {"onnxruntime": onnxruntime.__version__, "instructions": instructions()}
        FILE.write_text(json.dumps(made | found, indent=2) + "\n", "utf-8")
        return 0
    different = 0
    for name, hashes in found.items():
        for number, value in hashes.items():
            if known()[name][number] != value:
                different += 1
                print(f"request {number}, {name}: {value}, not {known()[name][number]}")
    print(f"{COUNT} requests, {len(found)} models, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
