"""The progress bar of training: loss, speed and time left, on standard error."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from .checkpoint import Progress as TrainProgress


class Display:
    """A rich progress bar, or nothing where it is switched off."""

    def __init__(self, shown: bool = True) -> None:
        """Prepare the bar; it appears when the `with` block begins."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
            TextColumn("loss {task.fields[loss]:.3f}  valid {task.fields[valid]:.3f}"),
            TextColumn("{task.fields[speed]:,.0f} tokens/s"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._shown = shown
        self._task = self._bar.add_task(
            "training", total=0.0, loss=float("nan"), valid=float("nan"), speed=0.0
        )

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bar's last line standing."""
        self._bar.stop()

    def update(self, progress: TrainProgress, loss: float, speed: float) -> None:
        """Show the state after a step; `loss` in nats per token, `speed` in tokens per second."""
        self._bar.update(
            self._task,
            total=float(progress.steps),
            completed=float(progress.step),
            loss=loss,
            speed=speed,
        )

    def validated(self, progress: TrainProgress, loss: float) -> None:
        """Show a validation loss, in nats per token."""
        self._bar.update(self._task, valid=loss)
        if self._shown:
            self._bar.console.print(
                f"step {progress.step}: valid {loss:.4f} nats per token "
                f"(best {min(loss, progress.best_loss):.4f})"
            )
