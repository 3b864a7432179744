"""The benchmark of locks, on a few generated scores: it finds no change, and would find one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from edit_songs import SteadyModel, foreign_midi, song
from locks import cell_hash, check, random_mask, run, stretch

from anacrusis.compose.edit import Song
from anacrusis.compose.files.read_write import read_score
from anacrusis.compose.score import Control, Note


def test_locks_hold_on_a_few_pieces(tmp_path: Path) -> None:
    foreign = read_score(foreign_midi(tmp_path / "a.mid"), controls=True).score
    songs = [
        Song.of(stretch(score, 6, np.random.default_rng(seed)), model=SteadyModel(seed))
        for seed, score in enumerate(
            (foreign, song().score, song("A:5", tracks="cello,piano").score)
        )
    ]
    total, changed = run(iter(songs), 24, 0, len(songs))
    assert changed == 0 and total["pieces"] == 3
    assert total["masks"] + sum(n for name, n in total.items() if name.startswith("refused")) == 24
    assert total["masks"] > 15 and total["locked bars of tracks compared"] > 100
    assert total["of these the same after"] < total["notes outside the locks"] / 2


def test_a_hash_knows_all_that_sounds_and_holds() -> None:
    score = song("A:4", tracks="strings,bass").score
    pad = score.track("strings")
    held = replace(pad, notes=(Note(24, 60, 60), *(n for n in pad.notes if n.onset >= 96)))
    base = replace(score, tracks=(held, score.tracks[1]))
    cell = ("strings", 1)
    others = [
        replace(held, notes=held.notes[1:]),
        replace(held, notes=(replace(held.notes[0], shift=0.1), *held.notes[1:])),
        replace(held, controls=(Control(50, "control", 64, 127),)),
    ]
    hashes = {cell_hash(replace(base, tracks=(other, base.tracks[1])), cell) for other in others}
    hashes.add(cell_hash(replace(base, tempos=(replace(base.tempos[0], bpm=99.0),)), cell))
    assert len(hashes) == 4 and cell_hash(base, cell) not in hashes


def test_masks_are_of_every_kind_and_never_whole() -> None:
    made = song("A:4", tracks="flute,bass")
    rng = np.random.default_rng(0)
    masks = [random_mask(made.score, rng) for _ in range(60)]
    assert any(len({name for name, _ in mask}) == 1 and len(mask) == 4 for mask in masks)
    assert all(len(mask) <= 8 for mask in masks)
    found = check(made, frozenset({("flute", 1)}), 3)
    assert (found.locked, found.changed) == (1, 0)
