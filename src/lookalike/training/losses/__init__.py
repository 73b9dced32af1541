"""Losses: over the pairs of a batch, and with something learned for each class."""

from .koleo import koleo
from .pairs import contrastive, info_nce, multi_similarity, supervised_contrastive, triplet
from .proxies import ArcFace, Classification, ProxyAnchor
from .registry import LOSSES, LossInfo, Parameter, build_loss

__all__ = [
    "LOSSES",
    "ArcFace",
    "Classification",
    "LossInfo",
    "Parameter",
    "ProxyAnchor",
    "build_loss",
    "contrastive",
    "info_nce",
    "koleo",
    "multi_similarity",
    "supervised_contrastive",
    "triplet",
]
