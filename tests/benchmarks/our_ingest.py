"""Ingestion as the product does it, into a fresh data folder; prints its tracklets as JSON."""

import argparse
import json
import tempfile
from pathlib import Path

from reid_app.pipelines.ingest import ingest_video
from reid_app.pipelines.parts import open_catalog, open_store
from reid_app.settings import load_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            arguments={"data_dir": folder, "detection.kind": "yolox", "detection.threads": arguments.threads}
        )
        with open_catalog(settings) as catalog:
            report = ingest_video(arguments.video, camera_id="cam", settings=settings, catalog=catalog)
            store = open_store(settings)
            tracklets = [store.read(row.path) for row in catalog.tracklets.list(limit=1000)]
        tracks = [
            [
                (index, [round(float(v), 2) for v in box])
                for index, box in zip(t.frame_indices.tolist(), t.boxes_xyxy, strict=True)
            ]
            for t in tracklets
        ]
        print(json.dumps({"num_frames": report.num_frames, "tracks": sorted(tracks)}))


if __name__ == "__main__":
    main()
