"""Every metric of person re-identification at once: exact, and in memory that does not grow with queries x gallery.

Shape letters: Q queries, G gallery tracklets, V queries that have a match.
"""

import numpy as np
from numpy.typing import NDArray

from reid_app.errors import InputError
from reid_app.evaluation.blocks import BlockwiseEvaluation
from reid_app.evaluation.distances import DistanceBlocks
from reid_app.evaluation.evaluation import Evaluation
from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import EvaluationProtocol
from reid_app.evaluation.relevance import Relevance


def evaluate(
    distances: DistanceBlocks,
    *,
    query: Labels,
    gallery: Labels,
    own_column_Q: NDArray[np.int64],
    protocol: EvaluationProtocol,
) -> Evaluation:
    """Rank the gallery for every query and measure the rankings.

    What a gallery tracklet is to a query:

    - **left out**, as if it were not there: junk (pid -1), the query's own tracklet, and where the protocol leaves out
      the query's own camera, tracklets of its identity from its camera;
    - **right**, a match: any other tracklet of its identity;
    - **wrong**: all others, other people of the query's camera and distractors (pid 0) among them.

    Rankings go by distance, the nearest first. Distances are rounded to whole steps of 2**-20 (about 1e-6) and equal
    ones are ties. **Of tracklets at one distance the wrong ones come first**: a model that cannot tell people apart
    scores zero, and the order of the gallery changes nothing.

    A query that is itself a distractor or junk, or that has no match, is **skipped**: it counts in no metric, and
    `Evaluation.skipped` says how many there are and why.

    - **CMC**, rank-k: share of queries with a match within the first k ranks. Recall@K is the same number.
    - **mAP**: mean over queries of the average precision, over the whole gallery. The precision of a rank is the share
      of matches down to it. ``standard``: mean of the precisions at the matches. ``trapezoid``: each is averaged with
      the precision one rank before it (1 before the first rank), as the authors of MARS compute. Matches at ranks 1
      and 3 give .8333 and .7917.
    - **mINP**: mean over queries of the number of matches over the rank of the last match.
    - **ROC**: all pairs of a query that counts and a gallery tracklet that is not left out; genuine if right, impostor
      if wrong. A pair is accepted when its distance is smaller than the threshold, which for a false accept rate
      ``far`` is the distance of impostor number ``floor(far * impostors) + 1`` from the nearest on. **TPR at FAR**:
      share of genuine pairs accepted then; **FNMR@FMR**: share refused. Exact counts over all pairs, no sampling.
    - **Camera pairs**: rank-1 and mAP of the queries of one camera among the tracklets of one camera alone; a query
      counts for each camera that has a match of it.

    Distances are asked for in blocks of queries, some of them twice, and nothing that is kept grows with queries x
    gallery.

    Args:
        distances: Of all queries to the whole gallery.
        query: Labels of the queries.
        gallery: Labels of the gallery.
        own_column_Q: Where in the gallery each query's own tracklet is, -1 where it is not.
        protocol: What is left out, and the form of average precision. Which tracklets are queries and gallery is for
            the caller to arrange.

    Raises:
        ValueError: Distances, labels and own columns do not fit each other, or a distance lies outside [0, 2].
        InputError: No query has a match, or a distance is NaN.

    Examples:
        One query of person 7, seen by camera 0. The gallery: person 7 from its own camera, person 3, person 7 from
        camera 1, junk, and person 7 again.

        >>> from reid_app.evaluation.distances import MatrixDistances
        >>> from reid_app.evaluation.protocols import protocol_of
        >>> result = evaluate(
        ...     MatrixDistances(np.array([[0.1, 0.5, 0.2, 0.3, 0.9]], np.float32)),
        ...     query=Labels(pids=np.array([7]), camids=np.array([0])),
        ...     gallery=Labels(pids=np.array([7, 3, 7, -1, 7]), camids=np.array([0, 1, 1, 1, 2])),
        ...     own_column_Q=np.array([-1]),
        ...     protocol=protocol_of("standard"),
        ... )
        >>> result.first_match_rank_V, result.rank1, round(result.mean_ap, 4), round(result.mean_inp, 4)
        (array([1]), 1.0, 0.8333, 0.6667)
    """
    if distances.shape != (len(query), len(gallery)):
        raise ValueError(f"{len(query)} queries and {len(gallery)} gallery tracklets, but distances {distances.shape}")
    relevance = Relevance(query=query, gallery=gallery, own_column_Q=own_column_Q, protocol=protocol)
    if not relevance.has_match_Q.any():
        reasons = ", ".join(f"{count}: {reason}" for reason, count in relevance.skipped().items() if count)
        raise InputError(
            f"protocol {protocol.name} finds a match for none of {len(query)} queries ({reasons or 'none asked'}); "
            "choose another protocol, or queries and a gallery of the same people"
        )
    blocks = BlockwiseEvaluation(
        distances, query=query, gallery=gallery, relevance=relevance, form=protocol.average_precision
    )
    blocks.run()
    query_rows_V = np.flatnonzero(relevance.has_match_Q)
    return Evaluation(
        protocol=protocol,
        num_queries=len(query),
        num_gallery=len(gallery),
        skipped=relevance.skipped(),
        query_rows_V=query_rows_V,
        first_match_rank_V=blocks.first_match_rank_Q[query_rows_V],
        average_precision_V=blocks.average_precision_Q[query_rows_V],
        inverse_negative_penalty_V=blocks.inverse_negative_penalty_Q[query_rows_V],
        roc=blocks.pair_counter.roc(),
        camera_pairs=blocks.camera_counter.camera_pairs(),
    )
