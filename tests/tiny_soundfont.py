"""A SoundFont of a few kilobytes, written from scratch, so that tests need no font of anyone's.

Every melodic program is the same looped sine, tuned so that key 69 is 440 Hz; the drum kit is a
short decaying burst. Layout: SoundFont 2.04.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44000
PERIOD = 100  # samples of one cycle: 440 Hz
_GUARD = 46  # samples of silence the format asks for after each sample

_INSTRUMENT, _SAMPLE_ID, _SAMPLE_MODES = 41, 53, 54
_RELEASE = 38  # releaseVolEnv in timecents


def tiny_soundfont(path: Path, programs: range = range(128), drums: bool = True) -> Path:
    """Write the font to `path` and return it."""
    time = np.arange(20 * PERIOD) / PERIOD
    sine = 0.5 * np.sin(2 * np.pi * time)
    burst = 0.8 * np.sin(2 * np.pi * time * 2.0) * np.exp(-time / 4.0)
    samples = [_pcm(sine), _pcm(burst)]

    headers, start = b"", 0
    for name, samples_, loop in (("sine", samples[0], True), ("burst", samples[1], False)):
        end = start + samples_.size
        ends = (start + 5 * PERIOD, start + 15 * PERIOD) if loop else (start, end)
        headers += struct.pack(
            "<20sIIIIIBbHH", name.encode(), start, end, *ends, SAMPLE_RATE, 69, 0, 0, 1
        )
        start = end + _GUARD
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    guard = np.zeros(_GUARD, np.int16)
    data = np.concatenate([samples[0], guard, samples[1], guard]).astype("<i2").tobytes()

    # Each instrument is one zone: (looped or not, sample); release of 1/32 s, -6000 timecents.
    zones = [
        _generators((_RELEASE, -6000), (_SAMPLE_MODES, 1), (_SAMPLE_ID, 0)),
        _generators((_RELEASE, -6000), (_SAMPLE_MODES, 0), (_SAMPLE_ID, 1)),
    ]
    names = [b"sine", b"burst"]
    instruments = b"".join(
        struct.pack("<20sH", name, index) for index, name in enumerate([*names, b"EOI"])
    )
    presets = [(0, program, 0) for program in programs] + ([(128, 0, 1)] if drums else [])
    preset_headers = b"".join(
        struct.pack("<20sHHHIII", f"{bank}-{program}".encode(), program, bank, index, 0, 0, 0)
        for index, (bank, program, _) in enumerate(presets)
    ) + struct.pack("<20sHHHIII", b"EOP", 0, 0, len(presets), 0, 0, 0)
    preset_zones = [_generators((_INSTRUMENT, instrument)) for _, _, instrument in presets]

    pdta = b"".join(
        [
            _chunk(b"phdr", preset_headers),
            _chunk(b"pbag", _bags(preset_zones)),
            _chunk(b"pmod", bytes(10)),
            _chunk(b"pgen", b"".join(preset_zones) + bytes(4)),
            _chunk(b"inst", instruments),
            _chunk(b"ibag", _bags(zones)),
            _chunk(b"imod", bytes(10)),
            _chunk(b"igen", b"".join(zones) + bytes(4)),
            _chunk(b"shdr", headers),
        ]
    )
    info = (
        _chunk(b"ifil", struct.pack("<HH", 2, 1))
        + _chunk(b"isng", b"EMU8000\0")
        + _chunk(b"INAM", b"Tiny\0\0")
        + _chunk(b"ICOP", b"CC0\0")
    )
    body = (
        b"sfbk"
        + _chunk(b"LIST", b"INFO" + info)
        + _chunk(b"LIST", b"sdta" + _chunk(b"smpl", data))
        + _chunk(b"LIST", b"pdta" + pdta)
    )
    path.write_bytes(_chunk(b"RIFF", body))
    return path


def _pcm(wave: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(wave * 32767).astype(np.int16)


def _chunk(tag: bytes, content: bytes) -> bytes:
    return tag + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _generators(*pairs: tuple[int, int]) -> bytes:
    return b"".join(struct.pack("<Hh", *pair) for pair in pairs)


def _bags(zones: list[bytes]) -> bytes:
    """Index of each zone's first generator, and the end."""
    starts = np.cumsum([0] + [len(zone) // 4 for zone in zones])
    return b"".join(struct.pack("<HH", start, 0) for start in starts)
