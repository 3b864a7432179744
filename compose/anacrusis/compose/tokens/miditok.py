"""The tokens for those who use MidiTok: `AnticipatoryREMI`, a `miditok.MusicTokenizer`.

Same names, same ids. MidiTok and symusic are the extra ``miditok``; nothing else here imports them,
because MidiTok loads torch wherever torch is installed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ModelError, TokenError
from ..files.losses import Losses
from ..files.midi_read import read_midi
from ..files.midi_text import decode as text_of
from ..files.midi_text import read_word
from ..files.midi_write import midi_bytes
from ..files.result import ReadResult
from ..files.smf import MARKER, META, TEXT, Event, build_smf, parse_smf
from ..meter import TICKS_PER_QUARTER
from ..plan import STYLES
from ..score import Score
from .decode import decode
from .encode import encode
from .grammar import Grammar, followers
from .vocabulary import MAX_DURATION, vocabulary

try:
    from miditok import MusicTokenizer

    _MISSING = ""
except ImportError as error:
    MusicTokenizer = object
    _MISSING = str(error)

__all__ = ["AnticipatoryREMI", "from_symusic", "to_symusic"]

_SPECIAL = ("PAD_None", "BOS_None", "EOS_None")
"""MidiTok's special tokens; they are the first of the vocabulary, as MidiTok wants them."""


class AnticipatoryREMI(MusicTokenizer):  # type: ignore[misc]  # MidiTok has no types
    """MidiTok's face of `encode` and `decode`: one stream for all tracks, controls a bar ahead.

    The base vocabulary is `vocabulary()`, token for token; nothing is added to it. The style that
    documents begin with is an additional parameter of the configuration:
    ``AnticipatoryREMI(TokenizerConfig(style="song"))``. `losses` tells what the last score encoded
    had that tokens do not hold. A score that `decode` made encodes to the same ids again.

    Raises `ModelError` where MidiTok is not installed, `TokenError` for an unknown style and for
    tokens that are no document.
    """

    losses: Losses = Losses.none()

    def __init__(self, tokenizer_config: Any = None, params: Any = None) -> None:
        if _MISSING:
            raise ModelError(f"{_MISSING}; install it with: pip install 'anacrusis[miditok]'")
        super().__init__(tokenizer_config, params)

    @property
    def style(self) -> str:
        """What documents say of their kind of music."""
        return str(self.config.additional_params.get("style", STYLES[0]))

    def preprocess_score(self, score: Any) -> Any:
        """The score as it is: reading it onto the grid is part of encoding."""
        return score

    def _tweak_config_before_creating_voc(self) -> None:
        if self.style not in STYLES:
            raise TokenError(f"style {self.style!r} is unknown; allowed: {', '.join(STYLES)}")
        config = self.config
        config.special_tokens = list(_SPECIAL)
        config.use_programs = config.one_token_stream_for_programs = True
        config.use_time_signatures = False  # in MidiTok's sense: they would divide beats anew
        config.beat_res = {(0, MAX_DURATION // TICKS_PER_QUARTER): TICKS_PER_QUARTER}
        self._disable_attribute_controls()

    def _create_base_vocabulary(self) -> list[str]:
        return list(vocabulary().names[len(_SPECIAL) :])

    def _create_token_types_graph(self) -> dict[str, set[str]]:
        return {kind: set(after) for kind, after in followers().items()}

    def _tokens_errors(self, tokens: Sequence[str]) -> int:
        """Tokens that the grammar refuses."""
        grammar, wrong = Grammar(), 0
        for name in tokens:
            token = self.vocab[name]
            if grammar.allowed()[token]:
                grammar.step(token)
            else:
                wrong += 1
        return wrong

    def _add_time_events(self, events: list[Any], time_division: int) -> list[Any]:
        return events  # MidiTok's own way to tokens, which `_score_to_tokens` replaces

    def _score_to_tokens(
        self, score: Any, attribute_controls_indexes: Mapping[int, Any] | None = None
    ) -> Any:
        from miditok import TokSequence

        read = from_symusic(score)
        encoded = encode(read.score, self.style)
        self.losses = read.losses + encoded.losses
        ids = encoded.ids.tolist()
        return TokSequence(ids=ids, tokens=[vocabulary().name(token) for token in ids])

    def _tokens_to_score(self, tokens: Any, programs: Any = None) -> Any:
        return to_symusic(decode(tokens.ids or [self.vocab[name] for name in tokens.tokens]))


def to_symusic(score: Score) -> Any:
    """The score as a `symusic.Score` of 12 ticks per quarter note.

    What MIDI says in text events (chords, lengths of sections and of short bars) stands in markers:
    symusic keeps those and no other text.
    """
    import symusic

    data = midi_bytes(score).data
    found: Any = symusic.Score.from_midi(data)
    for event in parse_smf(data).chunks[0].events:
        if event.kind == META and event.a == TEXT:
            found.markers.append(symusic.TextMeta(event.tick, text_of(event.data)))
    found.markers.sort(key=lambda marker: marker.time)
    return found.resample(TICKS_PER_QUARTER, min_dur=1)


def from_symusic(score: Any) -> ReadResult:
    """Read a `symusic.Score` onto the grid; markers that `to_symusic` wrote are understood."""
    midi = parse_smf(score.to("tick").dumps_midi())
    tracks = [([_unmarked(event) for event in chunk.events], chunk.end) for chunk in midi.chunks]
    return read_midi(build_smf(midi.division, tracks), timing=False)


def _unmarked(event: Event) -> Event:
    """A marker that holds a word of ours as the text event it stands for."""
    if event.kind != META or event.a != MARKER:
        return event
    text = text_of(event.data)
    return event._replace(a=TEXT) if read_word(text)[0] or text == "end" else event
