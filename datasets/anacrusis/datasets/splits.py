"""In which split a piece lies, before likenesses are considered.

The division hashes a piece's group (a work in movements, a song that was annotated twice), or is
the set's own where it has one. It never depends on order, machine or seed.
"""

import hashlib
import re
import unicodedata

from .loaders.piece import Piece

VALID_SHARE = 0.04
TEST_SHARE = 0.04
_DIVISION = 1544
"""Chosen so that every set, also the small ones, has pieces on each side."""
_ALONE = "_"
"""The folder of a composer's songs that belong to no work."""


def split_of(piece: Piece) -> str:
    """``train``, ``valid`` or ``test`` for a piece.

    >>> from anacrusis.compose.meter import Meter
    >>> from anacrusis.compose.score import Bar, Score
    >>> split_of(Piece("set/composer/cycle/song", Score((Bar(Meter()),)), "song", split="test"))
    'test'
    """
    return piece.split or drawn_split(group_of(piece))


def drawn_split(group: str) -> str:
    """The split that the hash draws for a group."""
    digest = hashlib.sha256(f"{_DIVISION} {group}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < TEST_SHARE:
        return "test"
    return "valid" if place < TEST_SHARE + VALID_SHARE else "train"


def group_of(piece: Piece) -> str:
    """What must stay on one side of the division: a work, a song, else the piece itself.

    Form without notes and chords says nothing by which a song that was annotated twice could be
    known again: there the group is the song, by title and artist.
    """
    score = piece.score
    if not score.tracks and not score.chords and (title := _plain(score.title)):
        return f"form of {title} by {_plain(re.sub(r'(?i)^the ', '', score.composer))}"
    return work_of(piece.id)


def work_of(piece_id: str) -> str:
    """The work that a piece is a part of: what its files lie in, or the whole of a cut piece.

    Scores lie in folders by composer and work; the folder ``_`` is of songs that are no work.

    >>> work_of("lieder/scores/Schubert/Winterreise/1_Gute_Nacht/lc1"), work_of("midi/a/b/part2")
    ('lieder/scores/Schubert/Winterreise', 'midi/a/b')
    >>> work_of("lieder/scores/Schubert/_/Erlkönig/lc2")
    'lieder/scores/Schubert/_/Erlkönig'
    """
    parts = piece_id.split("/")
    if len(parts) >= 5 and parts[1] == "scores":
        return "/".join(parts[: 5 if parts[3] == _ALONE else 4])
    return re.sub(r"/part\d+$", "", piece_id)


def _plain(text: str) -> str:
    """Letters and digits alone, without accents and case."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in bare if character.isalnum())
