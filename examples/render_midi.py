"""Render a MIDI file of any origin to a mastered mix and one stem per track.

python examples/render_midi.py FILE.mid [FOLDER]
"""

import sys
from pathlib import Path

from anacrusis.compose.files.read_write import read_score
from anacrusis.render.render import RenderSettings, render


def main(file: Path, folder: Path) -> None:
    score, losses = read_score(file)
    print(f"{file}: {len(score.tracks)} tracks, {len(score.bars)} bars; {losses}")
    settings = RenderSettings(formats=("flac",), lufs=-16.0)
    result = render(score, folder, settings, name=file.stem, force=True)
    for path in (*result.files, *result.stems):
        print(path)
    print(f"{result.loudness.lufs:.1f} LUFS, played with {result.sounds}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python examples/render_midi.py FILE.mid [FOLDER]")
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "sound"))
