"""`anacrusis doctor`: what was found, and what to do next."""

from typing import Annotated

import typer

OPTIONAL = {
    "train": ("training", ("torch", "x_transformers", "lightning_fabric", "onnx", "tensorboard")),
    "report": ("pictures and pages", ("matplotlib", "PIL", "resvg_py", "verovio")),
    "evaluate": ("measures of accompaniments", ("smg_metrics",)),
}
"""What extras of commands are for, and the modules they bring."""


def doctor(
    font: Annotated[str | None, typer.Option(help="SoundFont file to look at")] = None,
    fetch_font: Annotated[
        bool, typer.Option("--fetch-font", help="fetch the free SoundFont and keep it")
    ] = False,
) -> None:
    """Say what composing, rendering and training need and what is there.

    Exits 1 where composing or rendering cannot work.
    """
    import importlib.util
    import platform

    from anacrusis.compose.errors import AnacrusisError
    from anacrusis.render.health import Check, checks

    from ..console import note, say
    from ..usage import install_command

    if fetch_font:
        from anacrusis.render.fontfetch import NOTICE
        from anacrusis.render.fontfetch import fetch_font as fetch

        note(f"fetching {NOTICE}")
        fetch()
    found = [Check("Python", True, platform.python_version())]
    try:
        from anacrusis.compose.model.runtime import Runtime

        config = Runtime.load().config
        found.append(
            Check("model", True, f"shipped weights: {config.depth} layers of {config.dim}")
        )
    except AnacrusisError as error:
        found.append(Check("model", False, str(error)))
    found += checks(font)
    for check in found:
        say(f"{'ok     ' if check.ok else 'MISSING'} {check.name}: {check.found}")
        if check.advice:
            say(f"        {check.advice}")
    for extra, (purpose, modules) in OPTIONAL.items():
        here = all(importlib.util.find_spec(name) for name in modules)
        advice = "" if here else f": `{install_command(extra)}` brings it"
        say(f"{'ok     ' if here else 'absent '} {purpose} (optional){advice}")
    raise typer.Exit(0 if all(check.ok for check in found) else 1)
