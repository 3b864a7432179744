"""Control events of a MIDI file: pedals, volumes, bends and pressure, as they were.

They belong to a channel, whatever MIDI track they stand in: every track of a score that came from
the channel has them all.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ..score import TICKS_PER_QUARTER, Control, Track
from ..swing import SwingMap
from .midi_grid import STEPS, play
from .smf import BEND, CONTROL, META, POLY_PRESSURE, PORT, PRESSURE, Event, MidiFile

_KINDS = {
    CONTROL: "control", POLY_PRESSURE: "key pressure", PRESSURE: "pressure", BEND: "bend"
}  # fmt: skip
_STATUS = {kind: status for status, kind in _KINDS.items()}

Controls = Mapping[tuple[int, int], tuple[Control, ...]]
"""(port, channel) -> the control events there, sorted by tick."""


def read_controls(midi: MidiFile) -> Controls:
    """All control events of a file, in its order where they come at one moment."""
    found: dict[tuple[int, int], list[Control]] = {}
    scale = midi.division
    for chunk in midi.chunks:
        port = 0
        for event in chunk.events:
            if event.kind == META and event.a == PORT and event.data:
                port = event.data[0]
            elif event.kind in _KINDS:
                tick = event.tick * TICKS_PER_QUARTER / scale
                control = Control(tick, _KINDS[event.kind], *_number_and_value(event))
                found.setdefault((port, event.channel), []).append(control)
    return {
        where: tuple(sorted(controls, key=lambda control: control.tick))
        for where, controls in found.items()
    }


def _number_and_value(event: Event) -> tuple[int, int]:
    if event.kind == BEND:
        return 0, event.b << 7 | event.a
    return (0, event.a) if event.kind == PRESSURE else (event.a, event.b)


def control_events(track: Track, swing: SwingMap, channel: int) -> Iterator[Event]:
    """The control events of a track, in MIDI ticks of files we write."""
    begun = np.array([round(control.tick * STEPS) for control in track.controls], np.int64)
    for control, tick in zip(track.controls, play(swing, begun).tolist(), strict=True):
        status, value = _STATUS[control.kind], control.value
        if status == BEND:
            yield Event(tick, status, channel, value & 0x7F, value >> 7)
        elif status == PRESSURE:
            yield Event(tick, status, channel, value, 0)
        else:
            yield Event(tick, status, channel, control.number, value)
