"""Where modulations lead, and whether two keys are one."""

from ..key import Key
from ..rules.harmony import Modulation


def new_key(rule: Modulation, before: Key | None) -> Key | None:
    """The key that a modulation goes to from the key before.

    None where it is named by its relation to a key before that is not known.

    >>> str(new_key(Modulation("relative minor", where="bar 5"), Key("Eb")))
    'C minor'
    """
    if isinstance(rule.key, Key):
        return rule.key
    if before is None:
        return None
    is_minor = before.mode == "minor"
    up, mode = {
        "relative major": (3 if is_minor else 0, "major"),
        "relative minor": (0 if is_minor else 9, "minor"),
        "parallel major": (0, "major"),
        "parallel minor": (0, "minor"),
        "dominant": (7, before.mode),
        "subdominant": (5, before.mode),
    }[rule.key]
    return Key.from_class((before.tonic_class + up) % 12, mode)


def same_key(one: Key, other: Key) -> bool:
    """Whether two keys sound alike, however they are spelled."""
    return (one.tonic_class, one.mode) == (other.tonic_class, other.mode)
