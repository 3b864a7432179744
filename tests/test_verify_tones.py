"""Names of non-chord tones beyond those that the chord guarantee allows: pedals, accented tones."""

import pytest
from verify_scores import A, B, C, D, E, F, G, two_bars

from anacrusis.compose.verify import verify

KINDS = {
    # Chord tone, outside the chord while it changes away, chord tone again.
    "pedal held": ("0 C, 24 G, 48 C", [(0, C, 96)], {"pedal": 1}),
    "pedal over two chords": ("0 C, 24 G, 36 Dm, 48 C", [(0, C, 96)], {"pedal": 2}),
    "pedal struck again": ("0 C, 24 G, 48 C", [(t, C, 12) for t in range(0, 96, 12)], {"pedal": 2}),
    "pedal that had stopped": ("0 C, 24 G, 48 C", [(0, C, 6), (24, C, 6), (36, C, 6), (48, C, 6)],
                               {"unresolved": 2}),
    "pedal with short rests": ("0 C, 24 G, 48 C", [(0, C, 12), (24, C, 6), (36, C, 6), (48, C, 6)],
                               {"pedal": 2}),
    "pedal below chords": ("0 C, 24 G, 48 C",
                           [(0, C, 48), (0, E + 12, 24), (24, D + 12, 24), (24, G + 12, 24),
                            (48, C, 48), (48, E + 12, 48)], {"pedal": 1}),
    "it never comes back": ("0 C, 24 G", [(0, C, 96)], {"unresolved": 1}),
    "it was no chord tone before": ("0 G, 24 D, 48 C", [(0, C, 96)], {"unresolved": 2}),
    "left and taken up again": ("0 C, 24 G, 48 C",
                                [(0, C, 24), (24, C, 6), (30, G, 6), (36, C, 12), (48, C, 48)],
                                {"unresolved": 1, "anticipation": 1}),
    "a suspension remains one": ("0 C, 48 G, 72 C", [(24, C + 12, 36), (60, B, 12)],
                                 {"suspension": 1}),
    # On a strong beat, or where the chord changes.
    "accented passing tone": ("0 C", [(12, E, 12), (24, F, 12), (36, G, 12)], {"passing": 1}),
    "accented neighbour": ("0 C", [(12, E, 12), (24, F, 12), (36, E, 12)], {"neighbour": 1}),
    "accented appoggiatura": ("0 C", [(12, C, 12), (24, A, 24), (48, G, 12)], {"appoggiatura": 1}),
    "appoggiatura at the beginning": ("0 C", [(0, F, 12), (12, E, 12)], {"appoggiatura": 1}),
    "suspension struck again": ("0 C, 48 G", [(24, C + 12, 24), (48, C + 12, 24), (72, B, 12)],
                                {"suspension": 1}),
    "accented, too long": ("0 C", [(24, A, 25), (49, G, 12)], {"unresolved": 1}),
    "accented, not resolved": ("0 C", [(24, A, 12), (36, E, 12)], {"unresolved": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name):
    chords, line, wanted = KINDS[name]
    assert dict(verify(two_bars(chords, *line)).non_chord_tones) == wanted


@pytest.mark.parametrize("name", ["pedal held", "accented appoggiatura"])
def test_a_name_excuses_nothing(name):
    chords, line, _ = KINDS[name]
    assert not verify(two_bars(chords, *line)).ok
