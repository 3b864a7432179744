"""The registry: one card (a TOML file) per data set, with its licence, source and checksum.

A set without a complete card cannot be loaded. Every field of `Card` is required; unknown fields
are errors too.
"""

import re
import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from anacrusis.compose.errors import DataError
from anacrusis.compose.plan import STYLES

CARDS_FOLDER = Path(__file__).parent / "cards"
NO_STYLE = "none"
"""The style of a set that holds no pieces."""
TIERS = ("A", "A-", "B")
"""A: clean. A-: clean, the licence is stated less formally. B: benchmarks only, never training."""
READ = (
    "musicxml", "midi", "groove", "chorales", "charts", "abc", "pop909", "hydrogen", "harmonix",
    "salami",
)  # fmt: skip
"""Kinds of sets with pieces: which loader reads them."""
PERFORMED = ("groove", "pop909")
"""Kinds of sets that were played, with velocities and timing, and not only written."""
NOT_READ = {
    "companion": "read together with the set whose name begins its own",
    "programs": "a program that makes notes when it is run, not a piece",
    "samples": "recorded sounds, not a score",
}
"""Kinds of sets whose files are no pieces of their own, and what they are instead."""
KINDS = (*READ, *NOT_READ)


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about one data set."""

    name: str
    """Short name, also the archive's name without its suffix."""
    title: str
    """Name a person would cite."""
    repository: str
    """Where the files were taken from."""
    commit: str
    """The exact revision, 40 hexadecimal digits."""
    archive: str
    """File name of the packed set."""
    sha256: str
    """Checksum of the archive."""
    licence: str
    """SPDX identifier, or the statement in words."""
    licence_stated: str
    """The file or place that states it."""
    attribution: str
    """How the set is credited."""
    citation: str
    """How a paper cites the work: authors, title, place."""
    tier: str
    """One of `TIERS`."""
    holds: str
    """What is in it, in one sentence."""
    style: str
    """The plan style its pieces are learnt as; `NO_STYLE` where it has no pieces."""
    kind: str
    """One of `KINDS`: which loader reads it."""
    pattern: str
    """Glob of the files that are read, below the set's folder."""
    weight: float
    """Relative share of training examples drawn from it."""

    def __post_init__(self) -> None:
        """Refuse a card that contradicts itself."""
        styles = STYLES if self.holds_pieces else (NO_STYLE,)
        checks = (
            (re.fullmatch(r"[a-z0-9_]+", self.name), "name", "lower-case letters, digits and _"),
            (re.fullmatch(r"[0-9a-f]{40}", self.commit), "commit", "40 hexadecimal digits"),
            (re.fullmatch(r"[0-9a-f]{64}", self.sha256), "sha256", "64 hexadecimal digits"),
            (self.repository.startswith("https://"), "repository", "an https address"),
            (self.tier in TIERS, "tier", ", ".join(TIERS)),
            (self.style in styles, "style", ", ".join(styles)),
            (self.kind in KINDS, "kind", ", ".join(KINDS)),
            (self.weight >= 0, "weight", "0 or more"),
        )
        for sound, name, allowed in checks:
            if not sound:
                raise DataError(
                    f"card {self.name!r}: {name} is {getattr(self, name)!r}; allowed: {allowed}"
                )

    @property
    def holds_pieces(self) -> bool:
        """Whether its files become scores."""
        return self.kind not in NOT_READ

    @property
    def may_train(self) -> bool:
        """Whether weights that ship may be trained on its scores."""
        return self.holds_pieces and self.tier in ("A", "A-")


def load_card(path: Path) -> Card:
    """Read one card; `DataError` names the field that is missing, unknown, empty or mistyped."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"card {path.name} cannot be read: {error}") from error
    known = {field.name for field in fields(Card)}
    missing, unknown = sorted(known - table.keys()), sorted(table.keys() - known)
    if missing:
        raise DataError(f"card {path.name} lacks {', '.join(missing)}; every field is required")
    if unknown:
        raise DataError(f"card {path.name} has unknown fields: {', '.join(unknown)}")
    for name, value in table.items():
        if name == "weight":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise DataError(f"card {path.name}: weight is {value!r}; write a number")
        elif not isinstance(value, str) or not value.strip():
            raise DataError(f"card {path.name}: {name} is {value!r}; write a text")
    return Card(**table)


@lru_cache(maxsize=1)
def all_cards() -> tuple[Card, ...]:
    """Every card of the package, by name."""
    cards = tuple(load_card(path) for path in sorted(CARDS_FOLDER.glob("*.toml")))
    for card, path in zip(cards, sorted(CARDS_FOLDER.glob("*.toml")), strict=True):
        if card.name != path.stem:
            raise DataError(f"card {path.name} calls itself {card.name!r}; the two must agree")
    return cards


def card_named(name: str) -> Card:
    """The card of a set; `DataError` lists those there are."""
    for card in all_cards():
        if card.name == name:
            return card
    names = ", ".join(card.name for card in all_cards())
    raise DataError(f"there is no data set {name!r}; known: {names}")


def companions(card: Card) -> tuple[Card, ...]:
    """The sets that are read together with this one."""
    return tuple(
        other
        for other in all_cards()
        if other.kind == "companion" and other.name.startswith(f"{card.name}_")
    )


def training_cards() -> tuple[Card, ...]:
    """The sets that weights may be trained on."""
    return tuple(card for card in all_cards() if card.may_train)
