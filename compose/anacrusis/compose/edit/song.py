"""A song that is edited: its score, its locks, and every edit that was made.

Songs are immutable. An edit gives a new song, which knows the one before:

    song = Song.open("theme.mid")
    song = song.lock("flute").regenerate(song["piano"].bars[5:9], seed=3)
    song = song.undo()
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from ..atomic import check_overwrite
from ..decoding.sampler import Model
from ..errors import EditError
from ..files.losses import Losses
from ..files.read_write import read_score, write_score
from ..plan import Plan
from ..score import Score
from .begin import Begin, Compose, Open, analysed
from .diff import ScoreDiff, diff
from .edits import Edit, edit_from_data
from .humanise import Humanise
from .join import Join
from .locks import Lock, Unlock
from .moment import Moment
from .pitches import Reinstrument, Transpose
from .places import BarsOf, Selection, numbers_text, parse_selection, tracks_of, whole
from .players import AddTrack, Rearrange
from .reharmonise import Reharmonise
from .replan import Replan, plan_for
from .reshape import Delete, Extend, Insert
from .rewrite import Regenerate, Vary, share_band
from .song_file import Saved, read_song, write_song
from .takes import Alternative, takes_of
from .write import Composer

Where = Selection | str
"""Bars of tracks: a selection, or its text (``piano: bars 5-8``)."""


class How(TypedDict, total=False):
    """How an edit writes notes.

    seed: what is drawn; None, or none: another one with each edit. temperature: below 1 safer,
    above 1 wilder. top_p: share of probability to draw from.
    """

    seed: int | None
    temperature: float
    top_p: float


class Drawn(TypedDict):
    """The same, with every value said."""

    seed: int
    temperature: float
    top_p: float


@dataclass(frozen=True)
class Song:
    """A score that is being edited.

    now: score, locks and style. edits: how it came about, the first one its beginning. past: what
    it was before each edit but the first. undone: edits that `redo` makes again, the next one
    first, each with what came of it. model: what writes; None: the model of the package.
    """

    now: Moment
    edits: tuple[Edit, ...]
    past: tuple[Moment, ...] = field(default=(), compare=False, repr=False)
    undone: tuple[tuple[Edit, Moment], ...] = field(default=(), compare=False, repr=False)
    model: Model | None = field(default=None, compare=False, repr=False)
    losses: Losses = field(default=Losses.none(), compare=False, repr=False)

    @staticmethod
    def compose(
        plan: Plan, *, temperature: float = 1.0, top_p: float = 0.95, model: Model | None = None
    ) -> "Song":
        """A song composed from a plan; the plan holds the seed."""
        return _begun(Compose(plan, temperature=temperature, top_p=top_p), model)

    @staticmethod
    def open(
        path: str | os.PathLike[str], *, style: str = "game", model: Model | None = None
    ) -> "Song":
        """A song from a MIDI, MusicXML or JSON file, of whatever origin.

        A file that `save` wrote comes back with its locks and history. Any other begins one: keys,
        chords, sections and roles that it does not say are found by analysis. `losses` says what of
        the file a score does not hold. style: of what is written. Raises `FileFormatError`.
        """
        saved = read_song(path)
        if saved is not None:
            return Song(*saved, model=model)
        score, losses = read_score(path, controls=True)
        return replace(Song.of(score, style=style, model=model), losses=losses)

    @staticmethod
    def of(score: Score, *, style: str | None = None, model: Model | None = None) -> "Song":
        """A song that begins with a score; see `open`."""
        if style is None:
            style = score.plan.style if score.plan is not None else "game"
        return _begun(Open(analysed(score), style), model)

    @property
    def score(self) -> Score:
        """The score."""
        return self.now.score

    @property
    def plan(self) -> Plan:
        """The plan: the one it was made from, as the edits left it, else what the score says.

        Raises `EditError` for a score that no plan can state.
        """
        return plan_for(self.score)

    @property
    def history(self) -> list[dict[str, Any]]:
        """All edits as plain data, from the beginning on; `replay` makes them again."""
        return [edit.to_data() for edit in self.edits]

    @property
    def locked(self) -> tuple[Selection, ...]:
        """What is locked, a selection for each track."""
        found = []
        for track in self.score.tracks:
            bars = [bar for name, bar in self.now.locks if name == track.name]
            first = whole(self.score).numbers[0]
            numbers = tuple(sorted(bar + first for bar in bars))
            if numbers:
                found.append(Selection((track.name,), numbers, self.score))
        return tuple(found)

    # Places

    def __getitem__(self, names: str | tuple[str, ...]) -> Selection:
        """All bars of a track, or of several: ``song["piano"]``, ``song["piano", "bass"]``."""
        return tracks_of(self.score, names if isinstance(names, tuple | list) else (names,))

    @property
    def all(self) -> Selection:
        """All bars of all tracks."""
        return whole(self.score)

    @property
    def bars(self) -> BarsOf:
        """Bars of all tracks, by number or slice: ``song.bars[5:9]`` is bars 5, 6, 7 and 8."""
        return self.all.bars

    def section(self, name: str) -> Selection:
        """The bars of a section, of all tracks: ``chorus``, or ``chorus 2`` for the second."""
        return self.all.section(name)

    def select(self, text: str) -> Selection:
        """The bars that a text names: ``piano: bars 5-8``, ``bass: chorus 2``, ``all``."""
        return parse_selection(text, self.score)

    # Edits

    def edit(self, edit: Edit) -> "Song":
        """The song after an edit. Raises `AnacrusisError` where it cannot be made."""
        return self._then(edit, edit.apply(self._from_here, Composer(self.model)))

    @property
    def _from_here(self) -> Moment:
        """What an edit begins with: its bars are what they are."""
        return replace(self.now, moved=None)

    def _then(self, edit: Edit, then: Moment) -> "Song":
        """The song after an edit that came out so."""
        return replace(
            self, now=then, edits=(*self.edits, edit), past=(*self.past, self.now), undone=()
        )

    def lock(self, *where: Where) -> "Song":
        """Lock bars: no edit changes what sounds in them. Nothing given: everything."""
        song = self
        for place in where or (self.all,):
            song = song.edit(Lock(song._chosen(place)))
        return song

    def unlock(self, *where: Where) -> "Song":
        """Let bars be changed again. Nothing given: everything."""
        song = self
        for place in where or (self.all,):
            song = song.edit(Unlock(song._chosen(place)))
        return song

    def regenerate(self, where: Where, **how: Unpack[How]) -> "Song":
        """Write bars anew; what is locked among them stays."""
        return self.edit(Regenerate(self._chosen(where), **self._how(how)))

    def takes(self, where: Where, count: int = 4, **how: Unpack[How]) -> "list[Song]":
        """Several songs in which some bars are written anew, each by its own seed.

        They are decoded as one batch. The first is the likeliest, the others are likely and far
        from those before them.
        """
        first = Alternative(self._chosen(where), **self._how(how))
        found = takes_of(self._from_here, first, count, Composer(self.model))
        return [
            self._then(replace(first, seed=take.seed), self._from_here.with_score(take.score))
            for take in found
        ]

    def vary(
        self, where: Where, amount: float | tuple[float, float] = 0.3, **how: Unpack[How]
    ) -> "Song":
        """Change a share of the notes of some bars: 0.3 changes a fifth to two fifths of them.

        amount: a share, which is reached to a tenth, or its lowest and highest value; what is
        counted says `change_between`. Raises `EditError` where it cannot be reached.
        """
        low, high = share_band(amount)
        return self.edit(Vary(self._chosen(where), low, high, **self._how(how)))

    def extend(
        self,
        bars: int,
        section: str | None = None,
        *,
        chords: str | None = None,
        **how: Unpack[How],
    ) -> "Song":
        """Write more bars at the end of a section, or of the piece.

        chords: a progression for them; None leaves them to the model.
        """
        return self.edit(Extend(bars, section, chords, **self._how(how)))

    def continue_(
        self,
        bars: int = 8,
        section: str = "continuation",
        *,
        chords: str | None = None,
        **how: Unpack[How],
    ) -> "Song":
        """Write a new section at the end of the piece."""
        return self.edit(Insert(None, bars, chords, section, **self._how(how)))

    def insert(
        self,
        before: int,
        bars: int,
        *,
        chords: str | None = None,
        section: str | None = None,
        **how: Unpack[How],
    ) -> "Song":
        """Write new bars before a bar; with a name they are a section of their own."""
        return self.edit(Insert(before, bars, chords, section, **self._how(how)))

    def delete(self, where: Where) -> "Song":
        """Take out whole bars, of all tracks.

        Raises `EditError` for some tracks alone, and where something locked would change.
        """
        chosen = self._chosen(where)
        if set(chosen.tracks) != set(self.all.tracks):
            raise EditError(
                f"bars are taken out of all tracks, not of {', '.join(chosen.tracks)} alone; give "
                "song.bars[5:9], or bars 5-8"
            )
        return self.edit(Delete(numbers_text(chosen.numbers)))

    def transpose(self, where: Where, semitones: int) -> "Song":
        """Move notes by semitones; chords and keys go along where all pitched tracks do."""
        return self.edit(Transpose(self._chosen(where), semitones))

    def reharmonise(
        self,
        where: Where = "all",
        chords: str | None = None,
        *,
        keep: str | Iterable[str] = (),
        **how: Unpack[How],
    ) -> "Song":
        """Put other chords under the melody, and write the other tracks to them.

        chords: a progression; None finds such as fit. keep: tracks that stay; none: the melody.
        """
        kept = (keep,) if isinstance(keep, str) else tuple(keep)
        return self.edit(Reharmonise(self._chosen(where), chords, kept, **self._how(how)))

    def reinstrument(self, track: str, instrument: str) -> "Song":
        """Give a track to another instrument; what it cannot reach is moved by octaves."""
        return self.edit(Reinstrument(track, instrument))

    def rearrange(
        self,
        tracks: str | Sequence[str],
        *,
        keep: str | Iterable[str] = (),
        **how: Unpack[How],
    ) -> "Song":
        """Keep the melody, or the tracks of `keep`, and write all others anew for these players.

        tracks: roles or instruments: ``piano,bass,drums``.
        """
        kept = (keep,) if isinstance(keep, str) else tuple(keep)
        words = tracks if isinstance(tracks, str) else ",".join(tracks)
        return self.edit(Rearrange(words, kept, **self._how(how)))

    def add_track(
        self,
        track: str,
        name: str | None = None,
        *,
        where: Where | None = None,
        **how: Unpack[How],
    ) -> "Song":
        """Write a track that fits the others. track: a role or an instrument."""
        chosen = None if where is None else self._chosen(where)
        return self.edit(AddTrack(track, name, chosen, **self._how(how)))

    def humanise(
        self,
        where: Where = "all",
        *,
        timing: float = 0.3,
        loudness: float = 5.0,
        seed: int | None = None,
    ) -> "Song":
        """Move notes a little in time (ticks, as `Note.shift`) and loudness; the grid stays."""
        drawn = len(self.edits) if seed is None else seed
        return self.edit(Humanise(self._chosen(where), timing, loudness, drawn))

    def join(
        self,
        other: "Song | Score",
        transition_bars: int = 2,
        *,
        chords: str | None = None,
        **how: Unpack[How],
    ) -> "Song":
        """Put another piece behind this one, with a transition that the model writes.

        Tempo and key lead from one to the other. What is locked in either stays locked.
        """
        if not isinstance(other, Song | Score):
            raise EditError(f"{other!r:.40} is no piece; give a Song or a Score: Song.open(file)")
        score = other.score if isinstance(other, Song) else analysed(other)
        locks = other.locked if isinstance(other, Song) else ()
        bare = replace(score, plan=None)
        drawn = self._how(how)
        return self.edit(Join(bare, transition_bars, chords, locks=locks, **drawn))

    def replan(self, plan: Plan, **how: Unpack[How]) -> "Song":
        """Give the song another plan; only what depends on the difference is written anew.

        What the plan leaves open stays. Raises `EditError` where something locked would change.
        """
        return self.edit(Replan(plan, **self._how(how)))

    # History

    def undo(self) -> "Song":
        """The song before the last edit. Raises `EditError` where there was none."""
        if not self.past:
            raise EditError("there is nothing to undo")
        return replace(
            self, now=self.past[-1], edits=self.edits[:-1], past=self.past[:-1],
            undone=((self.edits[-1], self.now), *self.undone),
        )  # fmt: skip

    def redo(self) -> "Song":
        """The song with the edit that was undone last. Raises `EditError` where none was."""
        if not self.undone:
            raise EditError("there is nothing to redo")
        (edit, then), *left = self.undone
        return replace(
            self, now=then, edits=(*self.edits, edit), past=(*self.past, self.now),
            undone=tuple(left),
        )  # fmt: skip

    def diff(self, other: "Song | Score") -> ScoreDiff:
        """What differs from this song to another."""
        return diff(self.score, other.score if isinstance(other, Song) else other)

    def save(self, path: str | os.PathLike[str], force: bool = False) -> Losses:
        """Write the song. JSON holds all of it; MIDI and MusicXML the score, and the losses say so.

        Raises `FileFormatError` for other suffixes, and where the file exists, unless `force`.
        """
        if Path(path).suffix.lower() == ".json":
            check_overwrite(Path(path), force, how="give force=True")
            write_song(Saved(self.now, self.edits, self.past, self.undone), path)
            return Losses.none()
        losses = write_score(self.score, path, force)
        return losses.with_("locks and edits", len(self.now.locks) + len(self.edits) - 1)

    def _chosen(self, where: Where) -> Selection:
        return where if isinstance(where, Selection) else self.select(where)

    def _how(self, how: How) -> Drawn:
        """How notes are drawn; without a seed, by one that differs from edit to edit."""
        seed = how.get("seed")
        return {
            "seed": len(self.edits) if seed is None else seed,
            "temperature": how.get("temperature", 1.0),
            "top_p": how.get("top_p", 0.95),
        }


def _begun(begin: Begin, model: Model | None) -> Song:
    return Song(begin.begin(Composer(model)), (begin,), model=model)


def replay(history: Iterable[Any], *, model: Model | None = None) -> Song:
    """The song of a history (`Song.history`), made again from its beginning.

    The same history and model give the same song, byte for byte. Raises `EditError` for what is no
    history.
    """
    edits = [edit_from_data(data) for data in history]
    if not edits or not isinstance(edits[0], Begin):
        raise EditError("a history begins with compose or open; give all of song.history")
    song = _begun(edits[0], model)
    for edit in edits[1:]:
        song = song.edit(edit)
    return song
