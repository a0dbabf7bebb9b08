"""Query expansion: a query asks again together with the first tracklets that it found.

Sources: Chum, Philbin, Sivic, Isard, Zisserman, "Total Recall", ICCV 2007 (average); Radenovic, Tolias, Chum,
"Fine-tuning CNN Image Retrieval with No Human Annotation", TPAMI 2019 (alpha-weighted).

Shape letters: Q queries, G gallery rows, D embedding size, K neighbours, B rows of a block.
"""

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.nearest import nearest_columns
from reid_app.evaluation.unit import scale_to_unit

_ELEMENTS_OF_BLOCK = 1 << 21


def expand_queries(
    query_QD: NDArray[np.float32], gallery_GD: NDArray[np.float32], *, num_neighbours: int, alpha: float = 0.0
) -> NDArray[np.float32]:
    """The weighted mean of each query and its nearest gallery tracklets, brought to length one again.

    The query has weight 1, a tracklet its cosine similarity (0 instead of less) to the power of `alpha`.

    Args:
        query_QD: Embeddings of any length.
        gallery_GD: Embeddings of the same size.
        num_neighbours: Tracklets that are added, from 1 to G; of equally near ones the first in the gallery.
        alpha: 0 is average query expansion, all weigh the same; the larger, the less the farther ones weigh.

    Returns:
        float32 ``(Q, D)``.

    Raises:
        ValueError: The embeddings do not have one size, or a number is out of its range.
        InputError: An embedding holds NaN or infinity.

    Examples:
        >>> query, gallery = np.array([[1, 0]], np.float32), np.array([[0, -1], [0.6, 0.8], [-1, 0]], np.float32)
        >>> expand_queries(query, gallery, num_neighbours=1).round(3)
        array([[0.894, 0.447]], dtype=float32)
        >>> expand_queries(query, gallery, num_neighbours=1, alpha=3).round(3)
        array([[0.989, 0.151]], dtype=float32)
    """
    if query_QD.ndim != 2 or gallery_GD.ndim != 2 or query_QD.shape[1] != gallery_GD.shape[1]:
        raise ValueError(
            f"embeddings of queries and gallery must have one size, got {query_QD.shape} and {gallery_GD.shape}"
        )
    if not 1 <= num_neighbours <= len(gallery_GD):
        raise ValueError(f"num_neighbours must lie between 1 and the gallery's {len(gallery_GD)}, got {num_neighbours}")
    if not 0.0 <= alpha < np.inf:
        raise ValueError(f"alpha must be 0 or more, got {alpha}")
    query_QD, gallery_GD = query_QD.astype(np.float32), gallery_GD.astype(np.float32)
    scale_to_unit(query_QD, side="query")
    scale_to_unit(gallery_GD, side="gallery")
    expanded_QD = np.empty_like(query_QD)
    step = max(1, _ELEMENTS_OF_BLOCK // max(len(gallery_GD), num_neighbours * query_QD.shape[1]))
    for start in range(0, len(query_QD), step):
        query_BD = query_QD[start : start + step]
        similarity_BG = query_BD @ gallery_GD.T
        nearest_BK = nearest_columns(similarity_BG, query_BD, gallery_GD, num=num_neighbours)
        weight_BK = np.maximum(np.take_along_axis(similarity_BG, nearest_BK, axis=1), 0.0) ** alpha
        weighted_BD = np.einsum("bk,bkd->bd", weight_BK, gallery_GD[nearest_BK])
        expanded_QD[start : start + step] = query_BD + weighted_BD
    scale_to_unit(expanded_QD, side="expanded query")
    return expanded_QD
