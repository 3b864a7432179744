"""The face that MidiTok's users see: same names, same ids, nothing added."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from anacrusis.compose.chord import Chord
from anacrusis.compose.errors import TokenError
from anacrusis.compose.files.midi_read import read_midi
from anacrusis.compose.files.midi_write import midi_bytes
from anacrusis.compose.key import Key
from anacrusis.compose.meter import Meter
from anacrusis.compose.score import (
    Bar,
    ChordSpan,
    KeyChange,
    Note,
    Score,
    Section,
    TempoChange,
    Track,
)
from anacrusis.compose.tokens.decode import decode
from anacrusis.compose.tokens.encode import Given, encode
from anacrusis.compose.tokens.grammar import Grammar, followers
from anacrusis.compose.tokens.vocabulary import vocabulary

miditok = pytest.importorskip("miditok", reason="the extra miditok is not installed")
symusic = pytest.importorskip("symusic", reason="the extra miditok is not installed")

from anacrusis.compose.tokens.miditok import (  # noqa: E402  after the skip
    AnticipatoryREMI,
    from_symusic,
    to_symusic,
)

V = vocabulary()


def song() -> Score:
    """A pickup, two meters, a tempo change, chords, sections and four tracks."""
    return Score(
        bars=(Bar(Meter(4, 4), 12), *(Bar(Meter(4, 4)),) * 2, *(Bar(Meter(6, 8)),) * 2),
        tracks=(
            Track("melody", "melody", 73, (Note(0, 64, 12), Note(12, 69, 48, 96), Note(60, 60, 6))),
            Track("chords", "chords", 0, tuple(Note(60, p, 48) for p in (57, 60, 64))),
            Track("bass", "bass", 33, (Note(12, 45, 24), Note(36, 41, 24), Note(108, 45, 72))),
            Track("drums", "drums", -1, tuple(Note(12 * i, 36, 3, 100) for i in range(1, 15))),
        ),
        tempos=(TempoChange(0, 92.0), TempoChange(108, 120.0)),
        keys=(KeyChange(0, Key("A", "minor")), KeyChange(108, Key("D", "dorian"))),
        sections=(Section("verse", 1, 2), Section("chorus", 3, 2)),
        chords=(
            ChordSpan(12, 24, Chord("A", "min")),
            ChordSpan(36, 72, Chord("F", "maj7", "A")),
            ChordSpan(108, 36, Chord.none()),
            ChordSpan(144, 36, Chord("D", "min")),
        ),
    )


@pytest.fixture(scope="module")
def tokenizer() -> AnticipatoryREMI:
    return AnticipatoryREMI()


def test_the_vocabulary_is_ours_token_for_token(tokenizer: AnticipatoryREMI):
    assert tokenizer.vocab == {name: token for token, name in enumerate(V.names)}
    assert len(tokenizer) == len(V) == 825
    assert tokenizer.special_tokens == ["PAD_None", "BOS_None", "EOS_None"]
    assert [tokenizer[name] for name in ("PAD_None", "BOS_None", "EOS_None")] == [0, 1, 2]
    assert tokenizer.pad_token_id == 0
    assert [tokenizer[token] for token in range(len(V))] == list(V.names)
    assert all(len(name.split("_")) == 2 for name in V.names), "MidiTok splits names there"
    assert tokenizer.token_ids_of_type("Pitch") == list(range(*V.spans["Pitch"]))
    assert tokenizer.time_division == 12 and tokenizer.io_format == ("T",)


def test_encoding_gives_our_ids(tokenizer: AnticipatoryREMI):
    sequence = tokenizer.encode(to_symusic(song()))
    assert sequence.ids == encode(song(), "game").ids.tolist()
    assert sequence.tokens == [V.name(token) for token in sequence.ids]
    assert not tokenizer.losses


def test_a_file_from_elsewhere_gives_our_ids(tokenizer: AnticipatoryREMI, tmp_path: Path):
    """As symusic reads it: without the text events that hold chords and roles."""
    data = midi_bytes(song()).data
    path = tmp_path / "song.mid"
    symusic.Score.from_midi(data).dump_midi(path)
    read = read_midi(path, timing=False).score
    expected = encode(read, "game").ids.tolist()
    assert V.id("ChordRoot", 9) not in expected
    assert tokenizer.encode(path).ids == expected
    assert tokenizer.encode(symusic.Score(path)).ids == expected
    assert tokenizer(path).ids == expected


def test_decoding_gives_a_symusic_score_that_encodes_to_the_same_ids(
    tokenizer: AnticipatoryREMI,
):
    ids = encode(song(), "game").ids.tolist()
    score = tokenizer.decode(ids)
    assert score.tpq == 12
    assert [(t.name, t.program, t.is_drum) for t in score.tracks] == [
        ("melody", 73, False), ("chords", 0, False), ("bass", 33, False), ("drums", 0, True),
    ]  # fmt: skip
    first = score.tracks[0].notes[1]
    assert (first.time, first.duration, first.pitch, first.velocity) == (12, 48, 69, 96)
    for tokens in (score, tokenizer.decode(np.array(ids)), tokenizer(ids)):
        assert tokenizer.encode(tokens).ids == ids
    by_name = miditok.TokSequence(tokens=[V.name(token) for token in ids])
    assert tokenizer.encode(tokenizer.decode(by_name)).ids == ids


def test_scores_go_to_symusic_and_back():
    score = decode(encode(song()).ids)
    read = from_symusic(to_symusic(score))
    assert read.score == score and not read.losses


def test_what_is_lost_is_told(tokenizer: AnticipatoryREMI):
    score = song()
    loud = replace(score.tracks[0], notes=(Note(0, 64, 12, 81),))
    tokenizer.encode(to_symusic(replace(score, tracks=(loud, *score.tracks[1:]))))
    assert tokenizer.losses.counts == {"velocity quantised": 1}
    tokenizer.encode(to_symusic(score))
    assert not tokenizer.losses


def test_the_style_is_kept_with_the_configuration(tmp_path: Path):
    tokenizer = AnticipatoryREMI(miditok.TokenizerConfig(style="hymn"))
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = AnticipatoryREMI(params=tmp_path / "tokenizer.json")
    again = AnticipatoryREMI.from_pretrained(tmp_path)
    for other in (loaded, again):
        assert other == tokenizer and other.style == "hymn" and len(other) == 825
        assert other.encode(to_symusic(song())).ids == encode(song(), "hymn").ids.tolist()
    with pytest.raises(TokenError, match="style 'polka' is unknown; allowed: game"):
        AnticipatoryREMI(miditok.TokenizerConfig(style="polka"))


def test_errors_are_the_tokens_that_the_grammar_refuses(tokenizer: AnticipatoryREMI):
    ids = encode(song(), "game").ids.tolist()
    assert tokenizer.tokens_errors(ids) == 0
    assert tokenizer.tokens_errors([*ids[:-1], V.id("Pitch", 60), ids[-1]]) == 1 / (len(ids) + 1)
    with pytest.raises(TokenError):
        tokenizer.decode([*ids[:-1], V.id("ChordRoot", 0)])


def test_the_graph_of_types_holds_all_that_the_grammar_admits(tokenizer: AnticipatoryREMI):
    grammar, last = Grammar(), None
    for token in encode(song(), "game", given=Given(notes={0: [1], 2: [0]})).ids:
        kind = V.type(int(token))
        if last is not None:
            assert kind in followers()[last] and kind in tokenizer.tokens_types_graph[last]
        grammar.step(int(token))
        last = kind
    assert set(followers()) == set(V.types) - {"PAD"}
    assert "Pitch" not in followers()["Track"] and "Duration" in followers()["Duration"]


def test_without_miditok_there_is_a_clear_error(tmp_path: Path):
    script = (
        "import sys\n"
        "sys.modules['miditok'] = sys.modules['symusic'] = None\n"
        "from anacrusis.compose.errors import ModelError\n"
        "from anacrusis.compose.tokens.miditok import AnticipatoryREMI\n"
        "try: AnticipatoryREMI()\n"
        "except ModelError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "pip install 'anacrusis[miditok]'" in done.stdout
