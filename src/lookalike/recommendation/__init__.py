"""Recommend images: more like some, and for a user by what was viewed, liked or bought."""

from lookalike.results import Recommendation, Recommendations

__all__ = ["Recommendation", "Recommendations"]
