"""Search by words, offline."""

from .recognise import is_words
from .scores import WordScores, word_probability
from .searcher import WordSearcher

__all__ = ["WordScores", "WordSearcher", "is_words", "word_probability"]
