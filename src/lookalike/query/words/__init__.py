"""Search by words, offline."""

from .recognise import is_words, names_a_file
from .scores import WordScores, word_log_odds, word_probability
from .searcher import WordSearcher

__all__ = [
    "WordScores",
    "WordSearcher",
    "is_words",
    "names_a_file",
    "word_log_odds",
    "word_probability",
]
