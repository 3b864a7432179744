"""Equal notes for equal plans: golden hashes, and benchmarks that look for what changes them."""

import determinism
import golden_requests
import onnxruntime
import pytest
import rules_cost
from golden_requests import COUNT, SHIPPED, SHORT, UNKNOWING
from rule_requests import Unknowing

from anacrusis.compose.rules import RULES


def test_requests_state_rules_of_all_kinds():
    found = {
        type(rule) for number in range(COUNT) for rule in golden_requests.request(number).rules
    }
    assert found == set(RULES)


@pytest.mark.parametrize("number", range(COUNT))
def test_the_composer_by_itself_gives_the_same_notes_everywhere(number):
    digest = golden_requests.digest(number, Unknowing(number))
    assert digest == golden_requests.known()[UNKNOWING][str(number)]


def test_the_shipped_weights_give_the_same_notes():
    known = golden_requests.known()
    here = onnxruntime.__version__, golden_requests.instructions()
    if here != (known["onnxruntime"], known["instructions"]):
        pytest.skip(f"ONNX Runtime adds in another order on {here} than on what the hashes are of")
    found = golden_requests.digests(SHIPPED, SHORT)
    assert found == {str(number): known[SHIPPED][str(number)] for number in SHORT}


def test_threads_and_other_instructions_are_compared(monkeypatch, capsys):
    few = [s for s in determinism.settings() if s.name in ("process 1", "2 threads")]
    monkeypatch.setattr(determinism, "settings", lambda: few)
    monkeypatch.setattr("sys.argv", ["determinism.py", "--count", "4", "--emulator", "nice"])
    assert determinism.main() == 0
    said = capsys.readouterr().out
    assert "| 2 threads | 4 | 4 |" in said
    assert f"| `nice`, {SHIPPED} | 1 | 1 |" in said


def test_the_cost_of_rules_is_measured_by_parts(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["cost", "--bars", "8", "--repeats", "1", "--seeds", "1"])
    assert rules_cost.main() == 0
    said = capsys.readouterr().out
    assert "| part of decoding | no rules | 12 rules |" in said
    assert all(f"| {part} |" in said for part in rules_cost.PARTS)
