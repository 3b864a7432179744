"""Songs for the tests of editing: composed by a model without weights, and files of others."""

from pathlib import Path

import numpy as np
from midi_files import meta, midi, off, on, program
from mock_model import MockModel, MockState

from anacrusis.compose.edit import Song
from anacrusis.compose.files.smf import CONTROL, KEY_SIGNATURE, TEMPO, TRACK_NAME, Event
from anacrusis.compose.plan import Plan
from anacrusis.compose.plan_line import plan_from_line
from anacrusis.compose.score import Note, Score


class SteadyModel(MockModel):
    """Says the same in each document, whatever came before: edits can be made again."""

    def start(self) -> MockState:
        state = super().start()
        state._rng = np.random.default_rng(self.seed)
        return state


def plan(sections: str = "verse:4,chorus:4,verse,chorus", **changed: object) -> Plan:
    words = {"tempo": 100, "tracks": "flute,piano,bass,drums", "seed": 4} | changed
    return plan_from_line("Am F C G", sections=sections, **words)


def song(sections: str = "verse:4,chorus:4,verse,chorus", **changed: object) -> Song:
    return Song.compose(plan(sections, **changed), model=SteadyModel())


def cell_notes(score: Score, name: str, bar: int) -> tuple[Note, ...]:
    """The notes that begin in a bar of a track."""
    return tuple(n for n in score.track(name).notes if score.bar_at(n.onset) == bar)


def foreign_midi(path: Path) -> Path:
    """A MIDI file of another program: odd timing, a pedal, tempo changes within bars, no chords."""
    head = [
        meta(0, KEY_SIGNATURE, b"\x00\x00"), meta(0, TEMPO, b"\x07\xa1\x20"),
        meta(2000, TEMPO, b"\x08\x00\x00"),
    ]  # fmt: skip
    tune, left = [meta(0, TRACK_NAME, b"Solo"), program(0, 73)], [program(0, 0, 1)]
    for bar in range(8):
        for step, pitch in enumerate((72, 74, 76, 79)):
            at = 1920 * bar + 480 * step + 7 * (step % 2)
            tune += [on(at, pitch - bar % 3, 90 + step), off(at + 430, pitch - bar % 3)]
        root = (48, 53, 55, 48)[bar % 4]
        at = 1920 * bar
        left += [Event(at, CONTROL, 1, 64, 127)]
        left += [on(at, root + d, 70, 1) for d in (0, 4, 7)]
        left += [Event(at + 1900, CONTROL, 1, 64, 0)]
        left += [off(at + 1915, root + d, 1) for d in (0, 4, 7)]
    path.write_bytes(midi(head, tune, left))
    return path
