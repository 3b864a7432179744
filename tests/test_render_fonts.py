"""Finding the synthesiser and a font, and saying clearly what is wrong with them."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_soundfont import tiny_soundfont

from anacrusis.compose.errors import RenderError
from anacrusis.render import fontfetch, fonts, library
from anacrusis.render.fluidsynth import Synth
from anacrusis.render.fonts import describe, fetched_folder, find_font, fonts_folder
from anacrusis.render.health import checks
from anacrusis.render.sf2 import read_info


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without fonts and without settings."""
    home = tmp_path / "home"
    monkeypatch.setattr(fonts, "data_folder", lambda: home)
    monkeypatch.setattr(fonts, "system_folders", lambda: (tmp_path / "system",))
    monkeypatch.setattr(fonts, "_bundled", list)
    monkeypatch.delenv(fonts.VARIABLE, raising=False)
    monkeypatch.delenv(library.VARIABLE, raising=False)
    return tmp_path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return tiny_soundfont(path)


def test_fonts_are_found_in_the_documented_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RenderError, match="no General MIDI SoundFont was found; run"):
        find_font()
    places = [
        put(fetched_folder() / "TimGM6mb.sf2"),
        put(tmp_path / "system" / "TimGM6mb.sf2"),
        put(tmp_path / "system" / "FluidR3_GM.sf2"),
        put(tmp_path / "system" / "MuseScore_General.sf2"),
        put(fonts_folder() / "mine.sf2"),
        put(tmp_path / "named.sf2"),
        put(tmp_path / "given.sf2"),
    ]
    assert find_font(places[6]).path == places[6]
    monkeypatch.setenv(fonts.VARIABLE, str(places[5]))
    assert find_font().path == places[5]
    monkeypatch.delenv(fonts.VARIABLE)
    for path in reversed(places[:5]):
        assert find_font().path == path
        path.unlink()


def test_fonts_of_unknown_kind_in_the_system_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path / "system" / "only-drums.sf2")
    with pytest.raises(RenderError):
        find_font()


def test_licences_are_said(tmp_path: Path) -> None:
    assert describe(put(tmp_path / "TimGM6mb.sf2"), "here").licence == "GPL-2.0"
    assert describe(put(tmp_path / "FluidR3Mono_GM.sf3"), "here").licence == "MIT"
    other = describe(put(tmp_path / "other.sf2"), "here")
    assert (other.name, other.licence) == ("Tiny", "CC0")


@pytest.mark.parametrize("name", ["missing.sf2", "folder"])
def test_a_font_that_does_not_exist(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(RenderError, match="which does not exist; give the path"):
        find_font(tmp_path / name)


def test_files_that_are_no_font(tmp_path: Path) -> None:
    path = tmp_path / "font.sf2"
    path.write_bytes(b"")
    with pytest.raises(RenderError, match="is empty"):
        find_font(path)
    path.write_bytes(b"MThd" + bytes(100))
    with pytest.raises(RenderError, match="is not a SoundFont"):
        find_font(path)


def test_a_font_that_is_cut_short(tmp_path: Path) -> None:
    whole = tiny_soundfont(tmp_path / "whole.sf2").read_bytes()
    path = tmp_path / "cut.sf2"
    for size in range(12, len(whole) - 1, 611):
        path.write_bytes(whole[:size])
        with pytest.raises(RenderError, match=r"cut short or damaged|not a SoundFont"):
            read_info(path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_fonts_end_in_an_error_or_in_sound(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(tiny_soundfont(tmp_path / "whole.sf2").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.sf2"
    path.write_bytes(content)
    try:
        read_info(path)
        with Synth(path, 44100) as synth:
            synth.select(0, 0, 0)
    except RenderError as error:
        assert "SoundFont" in str(error)


def test_the_library_loads_and_says_where_from() -> None:
    found = library.find_library()
    assert found.version >= (2, 0, 0)
    assert found.source in ("the system", "the pygame-ce wheel")


def test_a_library_that_is_named_but_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "libfluidsynth.so"
    wrong.write_bytes(b"not a library")
    monkeypatch.setenv(library.VARIABLE, str(wrong))
    with pytest.raises(RenderError, match=r"ANACRUSIS_FLUIDSYNTH names .*libfluidsynth.so"):
        library.find_library()


def test_no_library_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_candidates", lambda named: [])
    library._find.cache_clear()
    try:
        with pytest.raises(RenderError, match="FluidSynth is missing; to get it, run"):
            library.find_library()
        assert not checks()[0].ok
    finally:
        library._find.cache_clear()


def test_the_bundled_library_is_found_without_importing_pygame() -> None:
    code = (
        "import sys; from anacrusis.render import library; found = library._bundled(); "
        "assert 'pygame' not in sys.modules; print(len(found))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if sys.platform != "win32":
        assert int(done.stdout) >= 1


def test_checks_name_what_is_found_and_missing(tmp_path: Path) -> None:
    synthesiser, font, files = checks()
    assert synthesiser.ok and files.ok and not font.ok
    assert "--fetch-font" in font.advice
    put(fetched_folder() / "TimGM6mb.sf2")
    font = checks()[1]
    assert font.ok and "GPL-2.0" in font.found and "larger font" in font.advice


def test_fetching_checks_what_it_got(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = tiny_soundfont(tmp_path / "font.sf2").read_bytes()

    def install(folder: str) -> None:
        target = Path(folder) / fontfetch.MEMBER
        target.parent.mkdir(parents=True)
        target.write_bytes(content)

    monkeypatch.setattr(fontfetch, "_install", install)
    with pytest.raises(RenderError, match="does not hold the font"):
        fontfetch.fetch_font()
    assert not fetched_folder().exists()
    monkeypatch.setattr(fontfetch, "SHA256", hashlib.sha256(content).hexdigest())
    assert fontfetch.fetch_font().licence == "GPL-2.0"
    monkeypatch.setattr(fontfetch, "_install", None)  # the second time nothing is fetched
    assert fontfetch.fetch_font().path == fetched_folder() / "TimGM6mb.sf2"
    assert find_font().source == "fetched earlier"


def test_a_font_is_fetched_only_where_none_was_found_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    fetched = describe(put(tmp_path / "fetched.sf2"), "here")
    monkeypatch.setattr(fontfetch, "fetch_font", lambda: fetched)
    assert fontfetch.find_or_fetch_font(tell=told.append) == fetched
    assert "GPL-2.0" in told[0]
    with pytest.raises(RenderError, match="does not exist"):
        fontfetch.find_or_fetch_font("/nowhere.sf2", told.append)
    monkeypatch.setenv(fonts.VARIABLE, "/nowhere.sf2")
    with pytest.raises(RenderError, match="does not exist"):
        fontfetch.find_or_fetch_font(tell=told.append)
    monkeypatch.delenv(fonts.VARIABLE)
    mine = put(fonts_folder() / "mine.sf2")
    assert fontfetch.find_or_fetch_font(tell=told.append).path == mine
    assert len(told) == 1


def test_fetching_without_a_package_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 1, "", "WARN\nERROR: no route\n"),
    )
    with pytest.raises(
        RenderError, match=r"could not be fetched from the package index .*no route"
    ):
        fontfetch.fetch_font()
