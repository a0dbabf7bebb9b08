"""What is learned from, and whom it is judged by: two disjoint sets of people, both from the training part."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reid_app.data.types import LabelledTracklet, ReidDataset
from reid_app.errors import SettingsError
from reid_app.training.config import ValidationConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPart:
    """The training part of a data set, divided by identity. Its test part is not looked at."""

    learned: tuple[LabelledTracklet, ...]
    held_out: tuple[LabelledTracklet, ...]
    """Nobody without a validation."""

    @property
    def sha256(self) -> str:
        """Of names, identities and lengths: equal if the same is learned."""
        rows = [(tracklet.name, tracklet.pid, len(tracklet.frame_paths)) for tracklet in self.learned]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def counts(self) -> dict[str, int]:
        """For people and model cards."""
        return {
            "identities": len({tracklet.pid for tracklet in self.learned}),
            "tracklets": len(self.learned),
            "pictures": sum(len(tracklet.frame_paths) for tracklet in self.learned),
            "held_out_identities": len({tracklet.pid for tracklet in self.held_out}),
        }


def divide(dataset: ReidDataset, validation: ValidationConfig | None) -> TrainingPart:
    """Hold identities out of the training part, only such as the validation's protocol can find.

    Raises:
        SettingsError: There are not enough of them.
    """
    people = tuple(tracklet for tracklet in dataset.train if tracklet.is_person)
    if validation is None:
        return TrainingPart(learned=people, held_out=())
    num_wanted = round(validation.share * len({tracklet.pid for tracklet in people}))
    findable = _findable(people, across_cameras=validation.protocol == "cross-camera")
    if not 2 <= num_wanted <= len(findable):
        raise SettingsError(
            f"validation.share {validation.share} wants {num_wanted} identities of {dataset.name}'s training part, and "
            f"needs 2 to {len(findable)}: so many can be found by protocol {validation.protocol}"
        )
    chosen = set(np.random.default_rng(validation.seed).choice(findable, num_wanted, replace=False).tolist())
    return TrainingPart(
        learned=tuple(tracklet for tracklet in people if tracklet.pid not in chosen),
        held_out=tuple(tracklet for tracklet in people if tracklet.pid in chosen),
    )


def _findable(tracklets: Sequence[LabelledTracklet], *, across_cameras: bool) -> list[int]:
    """Identities with tracklets of two cameras, or with two tracklets; in increasing order."""
    seen: defaultdict[int, set[int | str]] = defaultdict(set)
    for tracklet in tracklets:
        seen[tracklet.pid].add(tracklet.camid if across_cameras else tracklet.name)
    return sorted(pid for pid, places in seen.items() if len(places) > 1)
