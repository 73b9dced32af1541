"""Every metric as a pure numpy function, with its formula."""

from lookalike.results import Interval

from .calibration import expected_calibration_error, fit_calibration
from .detection import auroc, average_precision, micro_average_precision, recall_at_precision
from .interval import bootstrap_interval
from .nearest import Answers, nearest_answers
from .ranking import Ranking, rank_gallery, rank_leave_one_out, rank_scores
from .recommendation import (
    catalogue_coverage,
    intra_list_diversity,
    ndcg_at_k,
    novelty,
    share_found_at_k,
)
from .retrieval import map_at_r, r_precision, recall_at_k

__all__ = [
    "Answers",
    "Interval",
    "Ranking",
    "auroc",
    "average_precision",
    "bootstrap_interval",
    "catalogue_coverage",
    "expected_calibration_error",
    "fit_calibration",
    "intra_list_diversity",
    "map_at_r",
    "micro_average_precision",
    "ndcg_at_k",
    "nearest_answers",
    "novelty",
    "r_precision",
    "rank_gallery",
    "rank_leave_one_out",
    "rank_scores",
    "recall_at_k",
    "recall_at_precision",
    "share_found_at_k",
]
