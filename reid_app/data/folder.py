"""Data sets of one's own: ``identity/camera/tracklet/*.jpg`` or ``*.png``.

Names are free: identities and cameras are numbered in the natural order of their folders' names. Files beside the
folders (notes, JSON) are passed over. Everything is in every list; the protocol says who asks and who is searched.
"""

from pathlib import Path

from reid_app.data.folders import natural_sorted, pictures_in, sub_folders
from reid_app.data.types import LabelledTracklet, ReidDataset


def read_folder(root: Path) -> ReidDataset:
    """Data set of a folder.

    Raises:
        InputError: A folder is missing or empty, or a picture lies at another depth.
    """
    folders = [
        (identity, camera, tracklet)
        for identity in sub_folders(root, of="identity")
        for camera in sub_folders(identity, of="camera")
        for tracklet in sub_folders(camera, of="tracklet")
    ]
    pids = {name: pid for pid, name in enumerate(dict.fromkeys(identity.name for identity, _, _ in folders), start=1)}
    cameras = natural_sorted({camera.name for _, camera, _ in folders})
    camids = {name: camid for camid, name in enumerate(cameras)}
    tracklets = tuple(
        LabelledTracklet(
            name=f"{identity.name}/{camera.name}/{tracklet.name}",
            pid=pids[identity.name],
            camid=camids[camera.name],
            frame_paths=pictures_in(tracklet),
        )
        for identity, camera, tracklet in folders
    )
    return ReidDataset(name="folder", train=tracklets, query=tracklets, gallery=tracklets)
