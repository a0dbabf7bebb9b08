"""What is compared: one thing changed at a time, in the people, the cameras, the time or the objective."""

from dataclasses import dataclass

PARTS = (
    "patterns",
    "loose_clothes",
    "hair_and_bags",
    "fabric_shading",
    "camera_colour",
    "camera_damage",
    "backgrounds",
    "crop_errors",
    "occlusions",
)
"""Parts of the generator, by the names of ``reid synth people --without``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A synthetic data set; ten cameras see each person, two pictures each."""

    identities: int = 750
    cameras: int = 80
    without: str | None = None

    @property
    def name(self) -> str:
        """Of its folder."""
        parts = (f"{self.identities}_people", f"{self.cameras}_cameras")
        return "_".join([*parts, *([f"without_{self.without}"] if self.without else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One training."""

    study: str
    """The question that it belongs to."""
    name: str
    people: People = People()
    steps: int = 500
    changes: tuple[str, ...] = ()
    """Of the recipe, as ``--set`` takes them."""

    @property
    def key(self) -> str:
        """Of its results."""
        return f"{self.study}/{self.name}"


NO_GUIDE = "model.backbone=slim_resnet"
BASE = Variant(study="base", name="750 people, 80 cameras, 500 steps")
"""What every other is compared with."""

_OBJECTIVES = {
    "cross entropy alone": ("objective.metric=none",),
    "triplet, beta 1": ("objective.metric=triplet", "objective.beta_frame=1", "objective.beta_tracklet=1"),
    "multi-similarity, beta 1": (
        "objective.metric=multi_similarity",
        "objective.beta_frame=1",
        "objective.beta_tracklet=1",
    ),
    "contrastive, beta 10": ("objective.metric=contrastive",),
    "OSM+CAA, beta 1": ("objective.beta_frame=1", "objective.beta_tracklet=1"),
    "OSM+CAA, beta 50": ("objective.beta_frame=50", "objective.beta_tracklet=50"),
    "OSM+CAA, beta 10, sigma 2": ("form.sigma=2",),
    "OSM alone, beta 10": ("objective.metric=osm",),
    "triplet, beta 10": ("objective.metric=triplet",),
    "multi-similarity, beta 10": ("objective.metric=multi_similarity",),
}

VARIANTS = (
    BASE,
    *(Variant(study="objective", name=name, changes=changes) for name, changes in _OBJECTIVES.items()),
    *(
        Variant(study="identities", name=f"{count} people", people=People(identities=count))
        for count in (94, 188, 375, 1500)
    ),
    *(Variant(study="cameras", name=f"{count} cameras", people=People(cameras=count)) for count in (10, 20)),
    Variant(study="network", name="without the guide", changes=(NO_GUIDE,)),
    Variant(study="augmentation", name="none but mirroring", changes=("augmentation={flip: 0.5}",)),
    *(Variant(study="steps", name=f"{count} steps", steps=count) for count in (125, 250, 1000)),
    *(Variant(study="parts", name=f"without {part}", people=People(without=part)) for part in PARTS),
)
