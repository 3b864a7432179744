"""Writers that run side by side: their next tokens become one call of the model.

Each writer runs in a thread of its own and knows nothing of the others: it is given a model, and
where it appends a token, it waits until all writers that still run have appended theirs. Which
writers share a call depends on what they write, never on time, so equal writers give equal results.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Condition
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

    A writer has one document at a time: what its model starts takes the place of what it started
    before. Where a writer raises, the others are ended, and the error is raised.
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
            rounds.end()  # nobody waits any more, unless a writer has failed or Ctrl-C was pressed
    errors = [error for future in futures if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, _EndedError)):
        raise error
    return [future.result() for future in futures]


class _EndedError(Exception):
    """Another writer has failed."""


class _Rounds:
    """Collects one token of every writer that runs, then calls the model once."""

    def __init__(self, model: BatchModel, documents: int) -> None:
        self._batch = model.start_batch(documents)
        self._running = set(range(documents))
        self._waiting: dict[int, tuple[int, int]] = {}
        self._found: dict[int, Logits] = {}
        self._changed = Condition()
        self._ended = False

    @contextmanager
    def taking_part(self, document: int) -> Iterator[None]:
        """Be waited for by the others; where this fails, they are ended."""
        try:
            yield
        except BaseException:
            self.end()
            raise
        finally:
            with self._changed:
                self._running.discard(document)
                self._go_on()

    def end(self) -> None:
        """Let all who wait, or will, fail."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def append(self, document: int, tokens: Sequence[int], ticks: Sequence[int]) -> Logits:
        """Several tokens are read at once, alone; one token together with those of the others."""
        with self._changed:
            if self._ended:
                raise _EndedError
            if len(tokens) != 1:
                return self._batch.states[document].append(tokens, ticks)
            self._waiting[document] = tokens[0], ticks[0]
            self._go_on()
            while document not in self._found:
                if self._ended:
                    raise _EndedError
                self._changed.wait()
            return self._found.pop(document)

    def truncate(self, document: int, length: int) -> None:
        """Forget tokens of a document."""
        with self._changed:
            self._batch.states[document].truncate(length)

    def length(self, document: int) -> int:
        """Tokens of a document."""
        return self._batch.states[document].length

    def _go_on(self) -> None:
        """Call the model once everyone waits."""
        if self._ended or not self._waiting or self._waiting.keys() != self._running:
            return
        documents = sorted(self._waiting)
        tokens, ticks = zip(*(self._waiting[place] for place in documents), strict=True)
        self._waiting.clear()
        logits = self._batch.append(documents, tokens, ticks)
        self._found.update(zip(documents, logits, strict=True))
        self._changed.notify_all()


class _Seat:
    """The model that one writer sees, and the state of its document."""

    def __init__(self, rounds: _Rounds, document: int, context: int) -> None:
        self._rounds, self._document = rounds, document
        self.context = context

    def start(self) -> "_Seat":
        self._rounds.truncate(self._document, 0)
        return self

    @property
    def length(self) -> int:
        return self._rounds.length(self._document)

    def append(self, tokens: Sequence[int], ticks: Sequence[int]) -> Logits:
        return self._rounds.append(self._document, tokens, ticks)

    def truncate(self, length: int) -> None:
        self._rounds.truncate(self._document, length)
