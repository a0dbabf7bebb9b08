"""How well one threshold on the distance tells matches from others: the ROC, exactly.

Shape letters: F false accept rates, S steps of distance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reid_app.evaluation.distances import STEPS_OF_ONE

NAMED_RATES = (1e-4, 1e-3, 1e-2, 1e-1)
"""False accept rates that tables name."""

_POINTS_OF_DECADE = 10
_DECADES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roc:
    """True accept rate at given false accept rates.

    A pair of a query and a gallery tracklet is accepted when its distance is smaller than the threshold. Genuine pairs
    are matches, impostor pairs all others that are not left out. The threshold of a false accept rate is the distance
    of the nearest impostor that may no longer be accepted: of ``n`` impostor pairs in order of distance, that of number
    ``floor(far * n) + 1``. So at most ``far * n`` impostors are accepted, fewer if others share that distance.

    Examples:
        >>> counter = PairCounter(num_impostors=10, reach=2000)
        >>> counter.add(genuine=np.array([100, 250, 600]), impostor=np.arange(200, 1200, 100))
        >>> roc = counter.roc()
        >>> round(roc.tpr_at_far[0.1], 3), round(roc.fnmr_at_fmr[0.01], 3)
        (0.667, 0.667)
    """

    far_F: NDArray[np.float64]
    """False accept rates from 1e-4 to 1e-1, ten a decade."""
    tpr_F: NDArray[np.float64]
    """Share of genuine pairs accepted, in [0, 1]; NaN where there is no genuine or no impostor pair."""
    threshold_F: NDArray[np.float64]
    """Cosine distance; NaN where the rate is."""
    num_genuine: int
    """Genuine pairs."""
    num_impostors: int
    """Impostor pairs; below ``1 / far`` of them, the first one refused is the nearest of all."""

    @property
    def tpr_at_far(self) -> dict[float, float]:
        """True accept rate at each of `NAMED_RATES`."""
        return {far: float(tpr) for far, tpr in zip(NAMED_RATES, self.tpr_F[::_POINTS_OF_DECADE], strict=False)}

    @property
    def fnmr_at_fmr(self) -> dict[float, float]:
        """False non-match rate at each false match rate of `NAMED_RATES`: the same pairs from the other side."""
        return {far: 1.0 - tpr for far, tpr in self.tpr_at_far.items()}


class PairCounter:
    """Counts the pairs of every distance, so that memory does not grow with their number.

    Distances come in whole steps of 2**-20, of which there are two million from 0 to 2. The largest false accept rate
    is a tenth: of the impostors the nearest tenth decides, and those beyond need not be counted.

    Args:
        num_impostors: How many impostor pairs there are in all.
        reach: Steps of the farthest impostors to count.
    """

    def __init__(self, *, num_impostors: int, reach: int) -> None:
        self._num_impostors = num_impostors
        self._num_genuine = 0
        self._genuine_S = np.zeros(reach + 1, np.int64)
        self._impostors_S = np.zeros(reach + 1, np.int64)

    def add(self, *, genuine: NDArray[np.integer], impostor: NDArray[np.integer]) -> None:
        """Count pairs by their distances in steps: all genuine ones, and the impostors within `reach`."""
        self._num_genuine += len(genuine)
        np.add.at(self._genuine_S, genuine[genuine < len(self._genuine_S)], 1)
        np.add.at(self._impostors_S, impostor, 1)

    @property
    def reaches_far_enough(self) -> bool:
        """Whether the impostors that decide were all within reach."""
        num_deciding = min(int(NAMED_RATES[-1] * self._num_impostors) + 1, self._num_impostors)
        return bool(self._impostors_S.sum() >= num_deciding)

    def roc(self) -> Roc:
        """The curve of what was counted."""
        far_F = np.logspace(-_DECADES, -1, (_DECADES - 1) * _POINTS_OF_DECADE + 1)
        tpr_F, threshold_F = np.full(len(far_F), np.nan), np.full(len(far_F), np.nan)
        if self._num_impostors and self._num_genuine:
            first_refused_F = np.floor(far_F * self._num_impostors)
            step_F = np.searchsorted(np.cumsum(self._impostors_S), first_refused_F, side="right")
            tpr_F = (np.cumsum(self._genuine_S) - self._genuine_S)[step_F] / self._num_genuine
            threshold_F = step_F / STEPS_OF_ONE
        return Roc(
            far_F=far_F,
            tpr_F=tpr_F,
            threshold_F=threshold_F,
            num_genuine=self._num_genuine,
            num_impostors=self._num_impostors,
        )
