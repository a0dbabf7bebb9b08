"""``reid data``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_app.cli.common import EXIT_PARTLY, print_json
from reid_app.errors import SettingsError

if TYPE_CHECKING:
    from reid_app.data.statistics import DatasetStatistics

app = typer.Typer(help="Data sets to train and measure on.", no_args_is_help=True, rich_markup_mode=None)

EXAMPLES = (
    "Examples: reid data check mars --root /data/mars; reid data check ilids-vid --root /data/ilids-vid --split 3; "
    "reid data check folder --root my_people --json"
)


@app.command("list", epilog="Example: reid data list --json")
def list_datasets(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Data sets that can be read, how many splits they have, and the protocol of their literature."""
    from reid_app.data.datasets import dataset_names, default_protocol, num_splits

    rows = [
        {"name": name, "num_splits": num_splits(name), "protocol": default_protocol(name)} for name in dataset_names()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo("{name:16} {protocol:14} splits: {num_splits}".format_map(row))


@app.command("check", epilog=EXAMPLES)
def check(
    name: Annotated[
        str,
        typer.Argument(
            help="mars, mars-crops, lpw, ilids-vid, prid2011, ls-vid, market1501, cub200, cub200-cropped, cars196, "
            "cars196-cropped, or folder for one's own: identity/camera/tracklet/*.jpg or *.png.",
            show_default=False,
        ),
    ],
    root: Annotated[Path, typer.Option(help="The data set's own folder, as its archive unpacks.", show_default=False)],
    split: Annotated[int, typer.Option(help="Which division into training and test people, from 0.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read a data set strictly and count it, beside the published figures. Exit code 1 where they differ."""
    from reid_app.data.datasets import default_protocol, load_dataset, num_splits, published_figures
    from reid_app.data.statistics import statistics_of

    published = published_figures(name)
    statistics = statistics_of(load_dataset(name, root, split=split), published=published)
    facts = {"name": name, "split": split, "num_splits": num_splits(name), "protocol": default_protocol(name)}
    if as_json:
        print_json({**facts, **statistics.as_json()})
    else:
        _print(statistics, facts=facts, is_published=bool(published))
    if statistics.differences:
        raise typer.Exit(EXIT_PARTLY)


@app.command("sheet", epilog="Example: reid data sheet folder=people mars-crops=mini_mars --out sheet.png")
def sheet(
    datasets: Annotated[
        list[str],
        typer.Argument(metavar="NAME=ROOT...", help="Data sets, shown from top to bottom.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="The picture to write, .png or .jpg.", show_default=False)],
    rows: Annotated[int, typer.Option(min=1, max=100, help="Rows of each data set.")] = 4,
    columns: Annotated[int, typer.Option(min=1, max=200, help="Pictures in a row.")] = 20,
    seed: Annotated[int, typer.Option(help="Which people and pictures.")] = 0,
) -> None:
    """Put pictures of data sets one below the other, to look at what a network learns from beside what it will see."""
    from reid_app.data.contact_sheet import contact_sheet
    from reid_app.data.datasets import load_dataset
    from reid_app.tracklets.files import write_atomically
    from reid_app.tracklets.store import encode_picture

    pairs = [one.partition("=") for one in datasets]
    if any(not root for _, _, root in pairs):
        raise SettingsError(f"give each data set as NAME=ROOT, such as folder=people, got {' '.join(datasets)}")
    loaded = [load_dataset(name, Path(root).expanduser(), split=0) for name, _, root in pairs]
    picture = contact_sheet(loaded, num_rows=rows, num_columns=columns, seed=seed)
    write_atomically(out, encode_picture(picture, suffix=out.suffix))
    typer.echo(f"{out}: {picture.shape[1]}x{picture.shape[0]}")


def _print(statistics: "DatasetStatistics", *, facts: dict[str, Any], is_published: bool) -> None:
    from dataclasses import asdict, fields

    from reid_app.data.figures import Figures

    typer.echo("{name}, split {split} of {num_splits}, measured by the protocol {protocol}\n".format_map(facts))
    names = [field.name for field in fields(Figures)]
    typer.echo(f"{'':18}" + "".join(f"{name:>13}" for name in names))
    for part in statistics.parts:
        rows = {part.part: part.found} | ({"  published": part.published} if is_published else {})
        for title, figures in rows.items():
            counts = asdict(figures)
            typer.echo(f"{title:18}" + "".join(f"{_count(counts[name]):>13}" for name in names))
    if is_published and not statistics.differences:
        typer.echo("\nequal to the published figures")
    for difference in statistics.differences:
        typer.echo(f"differs in {difference}")
    for warning in statistics.warnings:
        typer.echo(f"warning: {warning}")


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
