"""`anacrusis data`: data sets, from their sources to training shards."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="List, fetch, prepare and count data sets.", no_args_is_help=True)

Sets = Annotated[list[str] | None, typer.Argument(help="names of sets; default: all clean ones")]
Source = Annotated[
    Path | None, typer.Option("--from", help="folder with the archives or unpacked sets")
]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="folder for pieces that have been read")
]

Workers = Annotated[int | None, typer.Option(min=1, help="processes; default: all cores")]


@app.command("list")
def list_sets() -> None:
    """List the data sets with their licences, tiers and attributions."""
    from anacrusis.datasets.registry import all_cards

    from ..console import say

    rows = [("SET", "TIER", "USE", "TITLE", "LICENCE")]
    for card in all_cards():
        use = "trains" if card.may_train else "benchmark only"
        if card.kind == "samples":
            use = "sounds"
        rows.append((card.name, card.tier, use, card.title, card.licence))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    attributions = ["", *(card.attribution for card in all_cards())]
    for row, attribution in zip(rows, attributions, strict=True):
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())
        if attribution:
            say(f"    {attribution}")


@app.command("fetch")
def fetch_sets(sets: Sets = None) -> None:
    """Fetch data sets from their public repositories, at the commits their cards name.

    Sets that are read together with one of them are fetched too.
    """
    from anacrusis.compose.errors import DataError
    from anacrusis.compose.wording import counted
    from anacrusis.datasets.registry import card_named, companions
    from anacrusis.datasets.sources import fetch

    from ..console import note, say

    named = [card_named(name) for name in _names(sets)]
    together = (one for card in named for one in (card, *companions(card)))
    failed = []
    for name, card in {card.name: card for card in together}.items():
        note(f"fetching {name}")
        try:
            say(str(fetch(card)))
        except DataError as error:
            failed.append(name)
            note(str(error))
    if failed:
        raise DataError(f"{counted(len(failed), 'set')} could not be fetched: {', '.join(failed)}")


@app.command("prepare")
def prepare_sets(
    sets: Sets = None,
    source: Source = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="folder for the shards")] = Path(
        "shards"
    ),
    cache: Cache = None,
    workers: Workers = None,
    seed: Annotated[int, typer.Option(min=0, help="draws windows, controls and attributes")] = 0,
) -> None:
    """Read, label, split and cut data sets into training shards. Continues where it was stopped."""
    import os

    from anacrusis.compose.wording import counted
    from anacrusis.datasets.prepare import prepare
    from anacrusis.datasets.sources import pieces_cache

    from ..console import note, progress, say

    _check_folder(source)
    with progress() as advance:
        prepared = prepare(
            _names(sets),
            cache or pieces_cache(),
            out,
            source=source,
            workers=workers or os.cpu_count() or 1,
            seed=seed,
            progress=advance,
        )
    for (name, split), count in sorted(prepared.pieces.items()):
        examples = prepared.examples.get((name, split), 0)
        found = f"{counted(count, 'piece'):>13} {counted(examples, 'example'):>16}"
        say(f"{name:24} {split:5} {found}")
    if prepared.played:
        say(f"{'performances':24} {'':5} {counted(prepared.played, 'note'):>13}")
    if prepared.copies:
        note(f"{counted(len(prepared.copies), 'piece')} left out: in the data twice")
    if prepared.held_out:
        left_out = counted(len(prepared.held_out), "piece")
        note(f"{left_out} left out: the same music as a piece that its set holds out")
    if prepared.pairs:
        said = counted(prepared.pairs, "pair")
        listed = out / "duplicates.csv"
        note(f"{said} of pieces with the same music, none of them in train and out of it: {listed}")
    for piece, reason in prepared.failed:
        note(f"{piece}: {reason}")
    if prepared.current:
        note("the shards were up to date")
    say(str(out))


@app.command("stats")
def count_sets(
    sets: Sets = None,
    source: Source = None,
    cache: Cache = None,
    workers: Workers = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="folder for a page per set, with plots and engraved bars"),
    ] = None,
) -> None:
    """Count what was read of each set, and what fell out and why.

    What has not been read yet is read first: with --from all sets of the folder, else those that
    were fetched. Sets for benchmarks may be named too.
    """
    import os

    from anacrusis.compose.errors import DataError
    from anacrusis.datasets.collect import collect, collected
    from anacrusis.datasets.report.pages import write_report
    from anacrusis.datasets.sources import pieces_cache
    from anacrusis.datasets.stats import statistics, table

    from ..console import note, progress, say

    _check_folder(source)
    folder = cache or pieces_cache()
    names = _names(sets)
    with progress() as advance:
        for name in names:
            if source is not None or (not collected(name, folder) and _is_here(name)):
                collect(
                    name, folder, source, workers or os.cpu_count() or 1,
                    progress=advance,
                )  # fmt: skip
    pages = list[Path]()
    if report is not None:
        pages, counts = write_report(names, folder, report)
    else:
        counts = [statistics(name, folder) for name in names]
    if not any(count.units for count in counts):
        raise DataError(
            f"nothing has been read into {folder} yet; `anacrusis data stats --from FOLDER` reads "
            "the sets in a folder; those that `anacrusis data fetch` got are read without it"
        )
    say(table(counts))
    for path in pages:
        note(str(path))


def _check_folder(source: Path | None) -> None:
    from anacrusis.compose.errors import DataError

    if source is not None and not source.is_dir():
        state = "is not a folder" if source.exists() else "does not exist"
        raise DataError(
            f"--from {source} {state}; give the folder that holds the archives or unpacked sets"
        )


def _names(sets: list[str] | None) -> list[str]:
    from anacrusis.datasets.registry import card_named, training_cards

    from ..usage import typed

    with typed():
        for name in sets or ():
            card_named(name)
    return sets or [card.name for card in training_cards()]


def _is_here(name: str) -> bool:
    """Whether a set was fetched or unpacked into the cache."""
    from anacrusis.compose.errors import DataError
    from anacrusis.datasets.registry import card_named
    from anacrusis.datasets.sources import resolve

    try:
        resolve(card_named(name))
    except DataError:
        return False
    return True
