"""The protocols of the field by name: who asks, who is searched, what is left out, and which average precision."""

from dataclasses import dataclass
from typing import Literal

ProtocolName = Literal["mars-official", "standard", "torchreid", "lpw", "cross-camera", "leave-one-out"]

AveragePrecision = Literal["standard", "trapezoid"]
"""Mean precision at the matches, or the area under straight lines between them, as the authors of MARS compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationProtocol:
    """Everything about a ranking's rules that moves a published number."""

    name: ProtocolName
    summary: str
    """For people: stands in every report."""
    queries: Literal["listed", "everybody"]
    """Who asks: the data set's queries, or every tracklet of query and gallery."""
    gallery: Literal["listed", "without-queries"]
    """Who is searched: the data set's gallery, which may hold the queries, or what is left of it without them."""
    left_out: Literal["own-camera", "itself"]
    """Neither right nor wrong for a query: tracklets of its identity from its camera, or just its own tracklet."""
    average_precision: AveragePrecision
    """Its form."""


PROTOCOLS = (
    EvaluationProtocol(
        name="mars-official",
        summary="queries stay in the gallery, identity seen by the query's own camera left out, trapezoid AP",
        queries="listed",
        gallery="listed",
        left_out="own-camera",
        average_precision="trapezoid",
    ),
    EvaluationProtocol(
        name="standard",
        summary="queries stay in the gallery, identity seen by the query's own camera left out, standard AP",
        queries="listed",
        gallery="listed",
        left_out="own-camera",
        average_precision="standard",
    ),
    EvaluationProtocol(
        name="torchreid",
        summary="queries removed from the gallery, identity seen by the query's own camera left out, standard AP",
        queries="listed",
        gallery="without-queries",
        left_out="own-camera",
        average_precision="standard",
    ),
    EvaluationProtocol(
        name="lpw",
        summary="view 2 of scene 1 asks, views 1 and 3 are searched, standard AP (the field gives the CMC only)",
        queries="listed",
        gallery="listed",
        left_out="own-camera",
        average_precision="standard",
    ),
    EvaluationProtocol(
        name="cross-camera",
        summary="every tracklet asks all others, identity seen by the query's own camera left out, standard AP",
        queries="everybody",
        gallery="listed",
        left_out="own-camera",
        average_precision="standard",
    ),
    EvaluationProtocol(
        name="leave-one-out",
        summary="every tracklet asks all others of any camera, standard AP",
        queries="everybody",
        gallery="listed",
        left_out="itself",
        average_precision="standard",
    ),
)


def protocol_of(name: str) -> EvaluationProtocol:
    """The protocol of a name.

    Raises:
        ValueError: There is no such protocol; the message lists those that there are.
    """
    for protocol in PROTOCOLS:
        if protocol.name == name:
            return protocol
    raise ValueError(f"there is no protocol {name!r}: choose one of {', '.join(known.name for known in PROTOCOLS)}")
