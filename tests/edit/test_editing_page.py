"""The page about editing runs as it stands, with small weights in place of the package's."""

import re
from pathlib import Path

import pytest
from small_weights import small_weights

from anacrusis.compose.edit.write import _shipped

PAGE = Path(__file__).resolve().parents[2] / "docs" / "editing.md"


def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    weights = small_weights(tmp_path / "weights")
    monkeypatch.setattr("anacrusis.compose.model.runtime.SHIPPED", weights)
    _shipped.cache_clear()
    found = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(found) > 8
    names: dict[str, object] = {}
    try:
        for block in found:
            exec(compile(block, str(PAGE), "exec"), names)
    finally:
        _shipped.cache_clear()
