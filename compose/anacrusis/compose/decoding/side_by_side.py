"""Writers that run side by side: their next tokens become one call of the model.

Each writer knows nothing of the others: it is given a model, and where it appends a token, it waits
until all writers that still run have appended theirs. Writers have threads, but as coroutines do
they take turns, one at a time in a fixed order, so equal writers give equal results.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from .sampler import Model, ModelState

Logits = npt.NDArray[np.float32]
Result = TypeVar("Result")


class Batch(Protocol):
    """A model's memory of several documents."""

    @property
    def states(self) -> Sequence[ModelState]:
        """The documents."""
        ...

    def append(
        self, documents: Sequence[int], tokens: Sequence[int], ticks: Sequence[int]
    ) -> Logits:
        """Append one token to each of some documents; logits [documents, vocabulary]."""
        ...


class BatchModel(Model, Protocol):
    """A model that reads several documents at once."""

    def start_batch(self, documents: int) -> Batch:
        """New, empty documents."""
        ...


def side_by_side(model: BatchModel, writers: Sequence[Callable[[Model], Result]]) -> list[Result]:
    """The results of writers, each called with a model of one document.

    A writer may start several documents and go back to earlier ones, which costs a reading of them.
    Where a writer raises, the others are ended, and the error is raised.
    """
    rounds = _Rounds(model, len(writers))

    def run(document: int, writer: Callable[[Model], Result]) -> Result:
        with rounds.taking_part(document):
            return writer(_Seat(rounds, document, model.context))

    with ThreadPoolExecutor(len(writers)) as pool:
        futures = [pool.submit(run, place, writer) for place, writer in enumerate(writers)]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            rounds.end()  # nobody waits any more, unless a writer failed or Ctrl-C was pressed
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, _EndedError)):
        raise error
    return [future.result() for future in futures]


class _EndedError(Exception):
    """Another writer has failed."""


class _Rounds:
    """Lets one writer run at a time until each has a token to append, then calls the model once."""

    def __init__(self, model: BatchModel, documents: int) -> None:
        self._batch = model.start_batch(documents)
        self._running = set(range(documents))
        self._asked: dict[int, tuple[int, int]] = {}
        self._found: dict[int, Logits] = {}
        self._ended = False
        # A writer holds its lock and waits for it to be released: it is then its turn. Handing on
        # a turn in this way costs little beside a call of the model; conditions cost as much.
        self._turns = [Lock() for _ in range(documents)]
        for turn in self._turns:
            turn.acquire()
        self._turns[0].release()

    @contextmanager
    def taking_part(self, document: int) -> Iterator[None]:
        """Be waited for by the others; where this fails, they are ended."""
        try:
            self._await_turn(document)
            yield
            self._running.discard(document)
            self._go_on()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Let all who wait, or will, fail."""
        self._ended = True
        for turn in self._turns:
            with suppress(RuntimeError):  # it was released already
                turn.release()

    def append(self, document: int, tokens: Sequence[int], ticks: Sequence[int]) -> Logits:
        """Several tokens are read at once, alone; one token together with those of the others."""
        if len(tokens) != 1:
            return self._batch.states[document].append(tokens, ticks)
        self._asked[document] = tokens[0], ticks[0]
        self._go_on()
        self._await_turn(document)
        return self._found.pop(document)

    def state(self, document: int) -> ModelState:
        """The model's memory of a document."""
        return self._batch.states[document]

    def _await_turn(self, document: int) -> None:
        self._turns[document].acquire()
        if self._ended:
            raise _EndedError

    def _go_on(self) -> None:
        """Hand on the turn; call the model first where everyone waits for it."""
        if self._asked and self._asked.keys() == self._running:
            documents = sorted(self._asked)
            tokens, ticks = zip(*(self._asked[place] for place in documents), strict=True)
            logits = self._batch.append(documents, tokens, ticks)
            self._found = dict(zip(documents, logits, strict=True))
            self._asked.clear()
        if self._running:
            self._turns[min(self._running - self._asked.keys())].release()


class _Seat:
    """The model that one writer sees. One of the documents it has started is in memory."""

    def __init__(self, rounds: _Rounds, place: int, context: int) -> None:
        self._rounds, self._place = rounds, place
        self._in_memory: _Document | None = None
        self.context = context

    def start(self) -> "_Document":
        """A new document."""
        return _Document(self)

    def read(self, document: "_Document", tokens: Sequence[int], ticks: Sequence[int]) -> Logits:
        """Append to a document; read it again first where another has taken its place."""
        memory = self._rounds.state(self._place)
        if self._in_memory is not document:
            self._in_memory = document
            memory.truncate(0)
            if document.tokens:
                self._rounds.append(self._place, document.tokens, document.ticks)
        memory.truncate(document.length)
        return self._rounds.append(self._place, tokens, ticks)


class _Document:
    """The tokens of a document, which its seat may have in memory."""

    def __init__(self, seat: _Seat) -> None:
        self._seat = seat
        self.tokens: list[int] = []
        self.ticks: list[int] = []

    @property
    def length(self) -> int:
        return len(self.tokens)

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> Logits:
        logits = self._seat.read(self, tokens, ticks)
        self.tokens += tokens
        self.ticks += ticks
        return logits

    def truncate(self, length: int) -> None:
        del self.tokens[length:], self.ticks[length:]
