"""Compose eight bars over a line of chords and write them in three formats.

python examples/compose_from_chords.py [FOLDER]
"""

import sys
from pathlib import Path

from anacrusis.compose.decoding.compose import compose
from anacrusis.compose.files.read_write import write_score
from anacrusis.compose.plan_line import plan_from_line


def main(folder: Path) -> None:
    plan = plan_from_line(
        "Am | Fmaj7 | C G/B | E7sus4 E7",
        bars=8,
        tempo=96,
        tracks="flute,piano,bass,drums",
        seed=1,
    )
    score = compose(plan)
    for suffix in (".mid", ".musicxml", ".json"):
        path = folder / f"from_chords{suffix}"
        losses = write_score(score, path, force=True)
        print(path, f"(cannot hold: {losses})" if losses else "")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "song"))
