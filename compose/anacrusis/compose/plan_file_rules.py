"""Rules and wishes in a plan file: texts under `rules` and `prefer`, of the plan or of a track."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from .errors import PlanError
from .plan import Plan
from .rules.base import Rule, Wish
from .rules.check import MAX_RULES
from .rules.text import MAX_TEXT, parse_rule, parse_wish
from .yaml_nodes import Node, first_refused, located

RULE_KEYS = ("rules", "prefer")

Demand = TypeVar("Demand", Rule, Wish)


@dataclass(frozen=True)
class Stated:
    """What a file states, each with the place where it stands."""

    rules: tuple[tuple[Node, Rule], ...]
    wishes: tuple[tuple[Node, Wish], ...]

    def __add__(self, other: "Stated") -> "Stated":
        return Stated(self.rules + other.rules, self.wishes + other.wishes)

    def added_to(self, plan: Plan) -> Plan:
        """The plan with these rules and wishes; an error says where the first refused one is."""
        nodes = [node for node, _ in (*self.rules, *self.wishes)]

        def build(count: int) -> Plan:
            rules = tuple(rule for _, rule in self.rules[:count])
            wished = self.wishes[: max(count - len(self.rules), 0)]
            return replace(plan, rules=rules, wishes=tuple(wish for _, wish in wished))

        try:
            return build(len(nodes))
        except PlanError as error:
            where = first_refused(nodes, build)
            assert where is not None  # the plan without them was sound
            raise where.error(str(error)) from error


def read_stated(given: Mapping[str, Node], about: str | None = None) -> Stated:
    """Rules and wishes among the keys of a plan, or of the track `about`."""
    rules, wishes = (given.get(key) for key in RULE_KEYS)
    return Stated(_read(rules, parse_rule, about), _read(wishes, parse_wish, about))


def _read(
    node: Node | None, parse: Callable[[str, str | None], Demand], about: str | None
) -> tuple[tuple[Node, Demand], ...]:
    found: list[tuple[Node, Demand]] = []
    for place, text in () if node is None or node.is_null else _texts(node):
        if len(found) == MAX_RULES:
            raise place.error(f"over {MAX_RULES} rules; leave some out")
        with located(place):
            found.append((place, parse(text, about)))
    return tuple(found)


def _texts(node: Node) -> Iterator[tuple[Node, str]]:
    """Each rule's text and place.

    ``- melody: leap 7`` without quotes is a mapping in YAML, and means what it says; its value may
    be a list of rules for the same tracks.
    """
    for item in (node,) if node.items is None else node.items:
        if item.entries is None:
            yield item, item.scalar('"melody: leap 7"', MAX_TEXT)
            continue
        for tracks, value in item.entries.items():
            for one in (value,) if value.items is None else value.items:
                yield one, f"{tracks}: {one.scalar('leap 7', MAX_TEXT)}"
