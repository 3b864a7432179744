"""The mutation check of the verifier: what it corrupts, and that it sees a blind verifier."""

import random

import mutation
import pytest

from anacrusis.compose.rules import RULES, Leap
from anacrusis.compose.verify import verify
from anacrusis.compose.verify.rules import broken


def test_every_corruption_is_reported():
    results = mutation.outcomes(60, seed=7)
    assert [result.kind for result in results if not result.reported] == []
    assert [result.unfounded for result in results if result.unfounded] == []


def test_every_rule_of_the_verifier_is_corrupted():
    listed = verify.__doc__.split("Rules: ")[1].replace("``", "|").split("|")[1::2]
    wanted = set(listed) | {kind.word for kind in RULES}
    corrupted = {mutation.corruption(kind, random.Random(kind)).rule for kind in mutation.MUTATIONS}
    assert corrupted == wanted


@pytest.mark.parametrize("kind", ["leap", "strong"])
def test_the_same_number_gives_the_same_corruption(kind):
    first, second = (mutation.corruption(kind, random.Random(3)) for _ in range(2))
    assert first == second
    assert first.broken != first.kept


def test_a_blind_verifier_is_seen(monkeypatch):
    found = mutation.corruption("leap", random.Random(1))
    assert mutation.is_reported(found)
    monkeypatch.setitem(broken.CHECKS, Leap, lambda rule, span: iter(()))
    assert not mutation.is_reported(found)


def test_a_table_is_printed(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mutation.py", "--count", "49", "--seed", "2"])
    mutation.main()
    said = capsys.readouterr().out
    assert "| leap | 1 | 1 |" in said
    assert "| **all** | **49** | **49** |" in said
    assert said.endswith("Violations in songs that keep their plans: 0\n")
