"""``reid synth``."""

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from reid_app.cli.common import print_json, progress_bar
from reid_app.errors import SettingsError

app = typer.Typer(
    help="Synthetic people to train on: nobody real is in them.", no_args_is_help=True, rich_markup_mode=None
)

PEOPLE_EXAMPLES = (
    "Examples: reid synth people --out people --identities 2000 --seed 1; "
    "reid synth people --out plain --identities 500 --seed 1 --without patterns --without crop_errors"
)

GUIDE_EXAMPLES = (
    "Examples: reid synth guide --people people --detector data/models/yolox_nano.onnx --out guide.safetensors; "
    "reid train --config configs/train/synthetic.yaml --root people --out runs/own "
    "--set model.initial_weights=guide.safetensors"
)

SCENES_EXAMPLES = (
    "Examples: reid synth scenes --out scenes --identities 12 --cameras 3 --seconds 60 --seed 1; "
    "reid ingest scenes/c001.mp4 --camera c001 --tracks scenes/c001.txt"
)


@app.command("people", epilog=PEOPLE_EXAMPLES)
def people(
    out: Annotated[Path, typer.Option(help="Folder of the data set; an unfinished one is gone on with.")],
    identities: Annotated[int, typer.Option(min=1, help="How many people.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed and options give the same pictures.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes, one core each.")] = 2,
    cameras: Annotated[int, typer.Option(min=1, max=999, help="Cameras of the data set.")] = 12,
    cameras_per_identity: Annotated[int, typer.Option(min=1, help="Cameras that see each person.")] = 4,
    frames: Annotated[int, typer.Option(min=1, max=999, help="Pictures of a tracklet.")] = 8,
    places: Annotated[
        int, typer.Option(min=1, max=99, help="Cameras whose places a tracklet's pictures show in turn; 1 is its own.")
    ] = 1,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="A part to leave out, again for more: patterns, loose_clothes, hair_and_bags, fabric_shading, "
            "camera_colour, camera_damage, backgrounds, crop_errors, occlusions.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder where the bodies are kept, made once.  [default: OUT/.cache]")
    ] = None,
) -> None:
    """Make synthetic people, each seen by several cameras: OUT/identity/camera/tracklet/*.jpg, attributes and masks.

    Needs the extra `synth`. Killed, it goes on where it was. Train on it as the data set `folder`.
    """
    from reid_app.data.synthetic.config import without_parts
    from reid_app.data.synthetic.generate import generate_people

    config = without_parts(
        without or [],
        num_cameras=cameras,
        cameras_per_identity=cameras_per_identity,
        frames_per_tracklet=frames,
        places_per_tracklet=places,
    )
    with progress_bar("making people") as watch:
        made = generate_people(
            out,
            num_identities=identities,
            seed=seed,
            config=config,
            cache=cache or out / ".cache",
            workers=workers,
            watch=watch,
        )
    typer.echo(f"{identities} people in {out}, {made} of them made now")


@app.command("scenes", epilog=SCENES_EXAMPLES)
def scenes(
    out: Annotated[Path, typer.Option(help="Folder of the videos; an unfinished one is gone on with.")],
    identities: Annotated[int, typer.Option(help="How many people; each walks past every camera.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed and options give the same frames.")],
    cameras: Annotated[int, typer.Option(help="How many videos.")] = 2,
    seconds: Annotated[float, typer.Option(help="Length of each video, 1 to 3600.")] = 20.0,
    fps: Annotated[int, typer.Option(help="Frames a second, 1 to 60.")] = 15,
    workers: Annotated[int, typer.Option(min=1, help="Processes, one core each; each films one camera.")] = 2,
    cache: Annotated[
        Path | None, typer.Option(help="Folder where the bodies are kept, made once.  [default: OUT/.cache]")
    ] = None,
) -> None:
    """Film synthetic people who walk past several cameras: OUT/c001.mp4, and who is where in OUT/c001.txt.

    The text is ground truth as of MOTChallenge: frame,id,left,top,width,height,1,1,visibility.

    Needs the extra `synth`. Killed, it goes on with the videos that are not there. OUT/manifest.json says who they are.
    """
    from reid_app.data.synthetic.scene_config import scene_config
    from reid_app.data.synthetic.scenes import generate_scenes

    config = scene_config(identities=identities, cameras=cameras, seconds=seconds, fps=fps)
    with progress_bar("filming people") as watch:
        made = generate_scenes(
            out, seed=seed, config=config, cache=cache or out / ".cache", workers=workers, watch=watch
        )
    typer.echo(f"{cameras} videos of {identities} people in {out}, {made} of them made now")


@app.command("guide", epilog=GUIDE_EXAMPLES)
def guide(
    people: Annotated[Path, typer.Option(help="Folder that `reid synth people` made.")],
    detector: Annotated[Path, typer.Option(help="YOLOX-nano's ONNX file; `reid models pull yolox_nano` fetches it.")],
    out: Annotated[Path, typer.Option(help="The guide, a safetensors file.")],
    steps: Annotated[int, typer.Option(min=10, help="Batches of 96 pictures.")] = 1500,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and people give the same guide.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Teach the guide of slim_resnet_guided where in a picture the person is, from synthetic people's masks.

    Five minutes on one core. The guide that comes with the product was made so; most trainings need no other.
    """
    if find_spec("torch") is None:
        raise SettingsError("teaching a guide needs torch: pip install 'reid-app[train]'")
    from reid_app.training.guide import train_guide

    with progress_bar("teaching the guide") as watch:
        report = train_guide(people, detector=detector, out=out, steps=steps, seed=seed, watch=watch)
    if as_json:
        print_json(asdict(report))
    else:
        typer.echo(
            f"taught on {report.num_tracklets} tracklets: {report.path}\n"
            f"  overlap {report.overlap:.3f} of found and true foreground, on people held out"
        )
