"""``python -m services.index``: follows the catalog's changes until it is stopped."""

import os
import signal
import threading

from reid_app.pipelines.parts import open_catalog, open_encoder, open_gallery
from reid_app.settings import load_settings
from services.http.entry import run_main
from services.index.follower import Follower

_NICENESS = 5
"""Searches go first."""


def main() -> None:
    """Work until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    os.nice(_NICENESS)
    settings = load_settings()
    encoder = open_encoder(settings)
    with open_catalog(settings) as catalog:
        gallery = open_gallery(settings, catalog=catalog, encoder=encoder)
        follower = Follower(settings=settings, catalog=catalog, encoder=encoder, gallery=gallery, stopping=stopping)
        follower.follow()


if __name__ == "__main__":
    run_main(main)
