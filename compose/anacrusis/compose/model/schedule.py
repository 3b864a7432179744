"""How long a run is and how fast it learns at each step."""

import math

from .config import TrainConfig

TIMED_STEPS = 30
"""Steps that are timed before a run given in minutes fixes its number of steps."""
SKIPPED_STEPS = 5
"""First steps left out of that timing, while memory and kernels warm up."""
SPARE_SHARE = 0.05
"""Share of the planned time kept for validation, checkpoints and slower moments."""


def learning_rate(step: int, steps: int, config: TrainConfig) -> float:
    """Return the rate of step `step` (from 0): linear warm-up, then a cosine to the final rate.

    With `steps` 0 (not yet known) the rate stays on the warm-up and its plateau.
    """
    peak = config.learning_rate
    if step < config.warmup:
        return peak * (step + 1) / config.warmup
    if steps <= config.warmup:
        return peak
    progress = min(1.0, (step - config.warmup) / (steps - config.warmup))
    cosine = 0.5 * (1.0 + math.cos(math.pi * progress))
    return peak * (config.final_rate + (1.0 - config.final_rate) * cosine)


def planned_steps(
    minutes: float, seconds_per_step: float, done: int = 0, elapsed: float = 0.0
) -> int:
    """Return the steps of a run of `minutes`, of which `done` have taken `elapsed` seconds."""
    usable = minutes * 60.0 * (1.0 - SPARE_SHARE) - elapsed
    return max(TIMED_STEPS, done + int(usable / seconds_per_step))
