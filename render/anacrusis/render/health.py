"""What rendering needs and what is there, for ``anacrusis doctor``."""

from dataclasses import dataclass

from anacrusis.compose.errors import AnacrusisError

from .fonts import find_font, fonts_folder
from .library import advice, find_library


@dataclass(frozen=True, slots=True)
class Check:
    """One thing rendering needs: whether it is there, what was found, and what to do next.

    advice says how to get it where it is missing, and how to get better where it is not; it is
    empty where nothing is left to do.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""


def checks(font: str | None = None) -> list[Check]:
    """Look for the synthesiser, a font, and the file formats; raises nothing."""
    return [_synthesiser(), _font(font), _formats()]


def _synthesiser() -> Check:
    try:
        library = find_library()
    except AnacrusisError as error:
        return Check("FluidSynth", False, str(error), advice())
    version = ".".join(map(str, library.version))
    return Check("FluidSynth", True, f"{version} from {library.source}: {library.path}")


def _font(given: str | None) -> Check:
    try:
        font = find_font(given)
    except AnacrusisError as error:
        return Check("SoundFont", False, str(error), "run `anacrusis doctor --fetch-font`")
    found = f"{font.name}, {font.licence}, {font.source}: {font.path}"
    better = ""
    if font.name == "TimGM6mb":
        better = (
            "for fuller instruments install a larger font (`sudo apt install "
            f"fluidr3mono-gm-soundfont`, MIT), or put a .sf2 file into {fonts_folder()}"
        )
    return Check("SoundFont", True, found, better)


def _formats() -> Check:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        return Check("audio files", False, str(error), "run `pip install soundfile`")
    return Check(
        "audio files", True, f"WAV, FLAC, OGG through libsndfile {soundfile.__libsndfile_version__}"
    )
