"""How well the network finds people whom it does not learn from.

Shape letters: N tracklets, D embedding size.
"""

from dataclasses import dataclass

import numpy as np
import torch

from reid_app.data.evaluation_clips import evaluation_batches
from reid_app.data.resized import ResizedPictures
from reid_app.data.trials import Trial
from reid_app.evaluation.distances import EmbeddingDistances
from reid_app.evaluation.evaluate import evaluate
from reid_app.model.embedder import TrackletEmbedder


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Validator:
    """Measures a network on the people held out."""

    trial: Trial
    pictures: ResizedPictures
    num_frames: int | None
    frames_per_batch: int
    threads: int
    device: torch.device

    def measure(self, model: TrackletEmbedder) -> dict[str, float]:
        """Metrics by name, as fractions; ``mean_ap`` says which weights are best.

        Raises:
            InputError: A picture is missing, or an embedding is NaN.
        """
        embeddings_ND = self._embed(model.eval())
        evaluation = evaluate(
            EmbeddingDistances(embeddings_ND[self.trial.query_rows_Q], embeddings_ND[self.trial.gallery_rows_G]),
            query=self.trial.query,
            gallery=self.trial.gallery,
            own_column_Q=self.trial.own_column_Q,
            protocol=self.trial.protocol,
        )
        return {"mean_ap": evaluation.mean_ap, "rank1": evaluation.rank1, "mean_inp": evaluation.mean_inp}

    @torch.inference_mode()
    def _embed(self, model: TrackletEmbedder) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        batches = evaluation_batches(
            self.trial.tracklets,
            num_frames=self.num_frames,
            frames_per_batch=self.frames_per_batch,
            pictures=self.pictures,
            threads=self.threads,
            device=self.device,
        )
        rows = [
            model.embed(batch.clips_BTCHW, mask_BT=batch.mask_BT, quality_BT=batch.quality_BT).float().cpu()
            for batch in batches
        ]
        return torch.cat(rows).numpy()
