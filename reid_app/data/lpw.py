"""LPW, Labeled Pedestrian in the Wild: three scenes, seen from three or four views each.

Song et al., "Region-based Quality Estimation Network for Large-Scale Person Re-identification", AAAI 2018. Below the
root, which the archive calls ``pep_256x128``, lie ``scen1`` to ``scen3``, in each ``view1`` and on, in each a folder
for each person. A number names one person within a scene only, so scene and number together are the identity. All
pictures of a person in a view are one tracklet. Scenes 2 and 3 train; view 2 of scene 1 asks, its views 1 and 3 are
searched.
"""

from pathlib import Path

from reid_app.data.figures import Figures
from reid_app.data.folders import pictures_in, require, sub_folders
from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import InputError

PUBLISHED = {
    "train": Figures(identities=1_975, tracklets=5_866, cameras=8, pictures=418_739),
    "query": Figures(identities=756, tracklets=756, cameras=1, pictures=63_118),
    "gallery": Figures(identities=756, tracklets=1_072, cameras=2, pictures=108_690),
}

_NUM_VIEWS = {"scen1": 3, "scen2": 4, "scen3": 4}


def read_lpw(root: Path) -> ReidDataset:
    """Data set of the unpacked archive; cameras 0 to 2 are scene 1, 3 to 6 scene 2, 7 to 10 scene 3.

    Raises:
        InputError: A folder is missing, empty or too many, or a person's folder is not a number.
    """
    require(root, *_NUM_VIEWS)
    folders = [(scene, view, person) for scene in _NUM_VIEWS for view, person in _people(root / scene)]
    keys = sorted({(scene, int(person.name)) for scene, _, person in folders})
    pids = {key: pid for pid, key in enumerate(keys, start=1)}
    views = [(scene, view) for scene, num_views in _NUM_VIEWS.items() for view in range(1, num_views + 1)]
    camids = {key: camid for camid, key in enumerate(views)}
    tracklets = {
        (scene, view, int(person.name)): LabelledTracklet(
            name=f"{scene}/view{view}/{person.name}",
            pid=pids[scene, int(person.name)],
            camid=camids[scene, view],
            frame_paths=pictures_in(person),
        )
        for scene, view, person in folders
    }
    return ReidDataset(
        name="lpw",
        train=tuple(tracklet for (scene, _, _), tracklet in tracklets.items() if scene != "scen1"),
        query=tuple(tracklet for (scene, view, _), tracklet in tracklets.items() if (scene, view) == ("scen1", 2)),
        gallery=tuple(tracklet for (scene, view, _), tracklet in tracklets.items() if scene == "scen1" and view != 2),
    )


def _people(scene: Path) -> list[tuple[int, Path]]:
    expected = [f"view{view}" for view in range(1, _NUM_VIEWS[scene.name] + 1)]
    found = [folder.name for folder in sub_folders(scene, of="view")]
    if found != expected:
        raise InputError(f"{scene} should hold {', '.join(expected)}, it holds {', '.join(found)}: unpack it again")
    people = []
    for view, name in enumerate(expected, start=1):
        for person in sub_folders(scene / name, of="person"):
            if not (person.name.isascii() and person.name.isdecimal()):
                raise InputError(f"{person} is not named by a person's number: unpack {scene.name} again")
            people.append((view, person))
    return people
