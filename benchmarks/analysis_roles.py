"""Roles given by the analysis, against what the tracks of POP909 and of game music are called."""

import re
from collections import Counter
from dataclasses import replace

from analysis_sets import Sets, held_out, table

from anacrusis.compose.analysis.roles import assign_roles
from anacrusis.compose.errors import AnacrusisError
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.score import Score, Track
from anacrusis.datasets.loaders.load import list_units
from anacrusis.datasets.registry import card_named
from anacrusis.datasets.sources import resolve

SAID = {
    "drums": r"drum(?!s? ?bass)|\bdrm\b|percussion|cymbal",
    "bass": r"(?<!contra)\bbas[su]?\b(?! (drum|lead|and))|boobass",
    "pad": r"\bpad\b",
    "melody": r"\blead guitar\b|\bmelody\b|\bsemi-lead\b",
    "chords": r"\brhythm\b|chords\b",
}
"""Words in a track's name that say its role; names of instruments say less."""


def given_roles(score: Score) -> list[tuple[Track, str]]:
    """Each track with notes, and the role that the analysis gives it without its name and role."""
    blank = tuple(replace(track, name=f"{place}", role="drums" if track.is_drums else "chords")
                  for place, track in enumerate(score.tracks))  # fmt: skip
    found = assign_roles(replace(score, tracks=blank)).score
    roles = {track.notes: track.role for track in found.tracks}
    kit = any(track.is_drums for track in found.tracks)
    return [(track, "drums" if track.is_drums and kit else roles.get(track.notes, "left out"))
            for track in score.tracks if track.notes]  # fmt: skip


def confusion(counts: Counter[tuple[str, str]], names: list[str]) -> str:
    """Rows: what a track is; columns: shares of the roles it was given."""
    columns = sorted({given for _, given in counts}, key=lambda g: -sum(
        n for (_, role), n in counts.items() if role == g))  # fmt: skip
    rows = []
    for name in names:
        total = sum(n for (said, _), n in counts.items() if said == name)
        if total:
            rows.append((name, total, *(counts[name, given] / total for given in columns)))
    return table(("track", "tracks", *columns), rows)


def report(sets: Sets) -> str:
    """Two tables: POP909, and game music by the words of its track names."""
    songs = Counter[tuple[str, str]]()
    for piece in sets.pieces("pop909"):
        if held_out(piece):
            for track, role in given_roles(piece.score):
                songs[track.name, role] += 1
    games = Counter[tuple[str, str]]()
    for name in ("freedoom_midi", "easyrpg_rtp_midi"):
        card = card_named(name)
        folder = resolve(card, sets.data)
        for unit in list_units(card, folder):
            try:
                score = read_midi(folder / unit).score
            except AnacrusisError:
                continue
            for track, role in given_roles(score):
                said = [r for r, words in SAID.items() if re.search(words, track.name.lower())]
                if len(said) == 1:
                    games[said[0], role] += 1
    parts = ("POP909, songs of even number:", confusion(songs, ["melody", "bridge", "piano"]),
             "Game music, tracks whose name says it:", confusion(games, list(SAID)))  # fmt: skip
    return "\n\n".join(parts)
