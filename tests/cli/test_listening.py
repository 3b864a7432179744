"""`anacrusis listen`: plans become a page."""

from pathlib import Path

import pytest
from command import files_in, refused, run

from anacrusis.compose.files.read_write import read_score
from anacrusis.compose.plan_file import read_plan
from anacrusis.studio.listen import bars_to_engrave, bars_within, plan_files

PLANS = Path(__file__).resolve().parents[2] / "examples" / "listen"
SMALL = "title: Small\nchords: Am F\nbars: 4\ntempo: 120\ntracks: [melody, bass]\n"


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "b.yaml").write_text(SMALL + "# kept\n", "utf-8")
    (folder / "a.yaml").write_text(
        "title: Half\nkey: C\nsections:\n  - {name: A, bars: 2, chords: C G}\n"
        "  - {name: B, bars: 2}\n  - {name: A 2, reprise: A}\ntracks: [melody, piano]\n", "utf-8"
    )  # fmt: skip
    return folder


def test_a_page_of_songs(plans: Path, weights: Path, font: Path) -> None:
    for module in ("matplotlib", "resvg_py", "verovio"):
        pytest.importorskip(module)
    given = ("listen", plans, "--weights", weights, "--font", font, "--seconds", 4)
    ended = run(*given)
    assert ended.code == 0, ended.err
    names = [f"{song}.{suffix}" for song in "ab" for suffix in ("yaml", "mid", "png", "ogg")]
    assert files_in(Path("listen")) == sorted([*names, "index.md"])
    assert ended.out.splitlines()[:-1] == [f"listen/{name}" for name in ("index.md", *names)]
    page = Path("listen/index.md").read_text("utf-8")
    assert page.startswith("# Listen\n\n2 songs") and "All have seed 1: none was picked" in page
    for name in names:
        assert page.count(name) == (2 if name.endswith("ogg") else 1), name
    assert page.index("## Half") < page.index("## Small")
    assert "the chords of A are stated; those of B are the model's." in page
    assert Path("listen/b.yaml").read_text("utf-8") == SMALL + "# kept\n"
    assert Path("listen/a.png").read_bytes().startswith(b"\x89PNG")
    assert "(4 s)" in page or "(5 s)" in page  # two bars of 2 s each, and what rings on
    score = read_score("listen/b.mid").score
    assert len(score.bars) == 4, "the MIDI file is whole"
    assert bars_within(score, 4.0) == 2 and bars_within(score, 0.5) == 1
    assert 1 <= bars_to_engrave(score) <= 4
    assert "exists already" in refused(*given)
    assert run(*given, "--force", "--seed", 2).code == 0
    assert "All have seed 2: none was picked" in Path("listen/index.md").read_text("utf-8")


def test_the_plans_of_a_page_are_named_apart(plans: Path) -> None:
    pytest.importorskip("verovio")
    assert [path.name for path in plan_files([plans])] == ["a.yaml", "b.yaml"]
    assert "'a' is taken" in refused("listen", plans, plans / "a.yaml")
    (plans / "empty").mkdir()
    assert "holds no plans" in refused("listen", plans / "empty")
    assert not Path("listen").exists()


def test_the_plans_to_listen_to_are_varied_and_leave_something_to_the_model() -> None:
    plans = [read_plan(path) for path in plan_files([PLANS])]
    assert len(plans) == 12 and len({plan.title for plan in plans}) == 12
    assert len({plan.meter for plan in plans}) >= 5 and len({plan.style for plan in plans}) == 5
    for plan in plans:
        own = [s for s in plan.sections if s.chords is None and s.reprise is None]
        assert own and any(section.chords for section in plan.sections), plan.title
        assert plan.seed == 0, "the page sets the seed"
