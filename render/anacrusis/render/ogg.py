"""Give an Ogg file a fixed serial number, so that equal sound makes equal bytes.

Encoders draw the serial number of a stream at random. Pages are laid out as in RFC 3533; each page
carries a checksum over itself, which must be computed anew.
"""

import struct
import zlib
from pathlib import Path

SERIAL = 1
_HEADER = 27
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def fix_serial(path: Path) -> None:
    """Rewrite the serial number and checksum of every page in place."""
    with path.open("r+b") as file:
        while len(header := file.read(_HEADER)) == _HEADER and header[:4] == b"OggS":
            lengths = file.read(header[26])
            body = file.read(sum(lengths))
            start = file.tell() - _HEADER - len(lengths) - len(body)
            blank = header[:14] + struct.pack("<I", SERIAL) + header[18:22] + bytes(4) + header[26:]
            checked = blank[:22] + struct.pack("<I", checksum(blank + lengths + body)) + blank[26:]
            file.seek(start)
            file.write(checked)
            file.seek(start + _HEADER + len(lengths) + len(body))


def checksum(page: bytes) -> int:
    """CRC-32 with polynomial 0x04c11db7, most significant bit first, start 0, no final inversion.

    zlib's CRC is the same polynomial with all bits reversed, so it serves with reversed bytes.
    """
    reflected = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
