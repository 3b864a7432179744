"""`anacrusis listen`: plans become a page of songs with players and pictures."""

from pathlib import Path
from typing import Annotated

import typer

from anacrusis.compose.bounds import MAX_SEED


def listen(
    plans: Annotated[list[Path], typer.Argument(help="plan files, or folders of them")],
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for the page")] = Path("listen"),
    seed: Annotated[int, typer.Option(min=0, max=MAX_SEED, help="the seed of every song")] = 1,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="how much of each is played")] = 40,
    font: Annotated[str | None, typer.Option(help="SoundFont file")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of other weights")] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="CPU threads of the model")] = 1,
    force: Annotated[bool, typer.Option("--force", help="overwrite files")] = False,
) -> None:
    """Compose plans and write a page with a player, a picture, the plan and MIDI of each."""
    from anacrusis.compose.atomic import check_overwrite

    from ..console import progress, say
    from ..listen import Listening, page_files, plan_files, write_page
    from ..song import OTHER_FOLDER, check_folder
    from ..usage import needing

    with needing("report", "the picture of a score"):
        import matplotlib  # noqa: F401
        import PIL  # noqa: F401
        import resvg_py  # noqa: F401
        import verovio  # noqa: F401
    found = plan_files(plans)
    for path in page_files(found, out):
        check_overwrite(path, force, OTHER_FOLDER)
    check_folder(out)
    with progress() as advance:
        written = write_page(found, out, Listening(seed, seconds, weights, threads, font), advance)
    for path in written:
        say(str(path))
    say(f"  {sum(path.stat().st_size for path in written) / 1e6:.1f} MB")
