"""The straightforward loop that ingestion is measured against; prints its tracks as JSON.

OpenCV reads every frame, every n-th goes to the YOLOX network and to the tracker, every tracked box is cut out and
written as a JPEG file. No checks, no limits, no catalog, no bounded memory; tracks shorter than two seconds are thrown
away at the end.
"""

import argparse
import json
import tempfile
from pathlib import Path

import cv2

from reid_app.model.places import resolve_model
from reid_app.pipelines.parts import known_models, model_places
from reid_app.settings import load_settings
from reid_app.tracking.association import DetectAndAssociate
from reid_app.tracking.detectors.yolox import YoloxDetector
from reid_app.tracking.stride import automatic_stride
from reid_app.tracklets.types import Frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    settings = load_settings()
    model = resolve_model("yolox_nano", known=known_models(settings), places=model_places(settings))
    detector = YoloxDetector(model.path, sha256=model.sha256, config=settings.detection, threads=arguments.threads)
    capture = cv2.VideoCapture(str(arguments.video))
    fps = capture.get(cv2.CAP_PROP_FPS)
    stride = automatic_stride(fps)
    source = DetectAndAssociate(detector, settings.association, frame_rate=fps / stride)
    tracks: dict[int, list[tuple[int, list[float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        index = -1
        while True:
            is_read, picture = capture.read()
            if not is_read:
                break
            index += 1
            if index % stride:
                continue
            rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            frame = Frame(index=index, pts_s=index / fps, image=rgb)
            for track_id, detection in source.follow(frame, source.look(frame)):
                x1, y1, x2, y2 = (max(0, round(value)) for value in detection.box_xyxy)
                if x2 > x1 and y2 > y1:
                    cv2.imwrite(f"{folder}/{track_id}_{index}.jpg", picture[y1:y2, x1:x2])
                tracks.setdefault(track_id, []).append((index, [round(v, 2) for v in detection.box_xyxy]))
    kept = [track for track in tracks.values() if (track[-1][0] - track[0][0]) / fps >= settings.builder.min_duration_s]
    print(json.dumps({"num_frames": index + 1, "tracks": sorted(kept)}))


if __name__ == "__main__":
    main()
