"""How large a score in a file may be, the same for every format."""

from ..errors import FileFormatError, ScoreError
from ..plan import MAX_BARS
from ..score import Score

MAX_BYTES = 50_000_000
"""Largest file read."""
SPLIT = "split the piece"
"""What to do with a file that is too large."""
MAX_NOTES = 1_000_000
MAX_TRACKS = 1000
MAX_ENTRIES = 200_000
"""Most tempos, keys, sections or chords: more than the score has ticks."""


def check_bytes(count: int, name: str) -> None:
    """Raise `FileFormatError` for over 50 MB; `name` says what is that large."""
    if count > MAX_BYTES:
        raise FileFormatError(f"{name} has {count} bytes; allowed: up to {MAX_BYTES}; {SPLIT}")


def check_notes(count: int, name: str) -> None:
    """Raise `FileFormatError` for over a million notes."""
    if count > MAX_NOTES:
        raise FileFormatError(
            f"{name} has over {MAX_NOTES} notes; allowed: up to that many; split the piece"
        )


def check_tracks(count: int, name: str) -> None:
    """Raise `FileFormatError` for over a thousand tracks."""
    if count > MAX_TRACKS:
        raise FileFormatError(
            f"{name} has over {MAX_TRACKS} tracks; allowed: up to that many; merge tracks"
        )


def check_writable(score: Score) -> None:
    """Raise `ScoreError` for a score that could be written but not read again."""
    counts = {
        "bars": (len(score.bars), MAX_BARS),
        "tracks": (len(score.tracks), MAX_TRACKS),
        "notes": (sum(len(track.notes) for track in score.tracks), MAX_NOTES),
        "tempos": (len(score.tempos), MAX_ENTRIES),
        "keys": (len(score.keys), MAX_ENTRIES),
        "sections": (len(score.sections), MAX_ENTRIES),
        "chords": (len(score.chords), MAX_ENTRIES),
    }
    for name, (count, limit) in counts.items():
        if count > limit:
            raise ScoreError(
                f"the score has {count} {name}; allowed in a file: up to {limit}; split the piece"
            )
