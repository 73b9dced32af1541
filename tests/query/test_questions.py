"""What is words, and what words ask for."""

from pathlib import Path

import pytest

from lookalike.images import COLOUR_NAMES
from lookalike.query.words import is_words
from lookalike.query.words.languages import Languages
from lookalike.query.words.question import read_question


@pytest.mark.parametrize(
    "query", ["a red car", "beach", "红色的汽车", "chat noir", "v 2", "St. Anna"]
)
def test_a_text_that_looks_like_no_file_is_words(query: str) -> None:
    assert is_words(query)


@pytest.mark.parametrize(
    "query",
    [
        "bech.jpg",
        "my holiday.jpeg",
        "photos/beach",
        "C:\\beach",
        "https://example.org/a",
        "file:/a b",
        "~nobody",
        ".hidden",
        "",
        "-",
        "...",
    ],
)
def test_a_text_that_looks_like_a_file_is_none(query: str) -> None:
    assert not is_words(query)


def test_a_file_of_that_name_is_a_picture_and_not_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a red car").touch()
    assert not is_words("a red car")
    assert is_words("a red car", text=True)


def test_the_caller_has_the_last_word() -> None:
    assert is_words("bech.jpg", text=True)
    assert not is_words("a red car", text=False)
    assert not is_words(b"a red car", text=True)


@pytest.mark.parametrize(
    "text",
    [
        "a red car",
        "ein rotes Auto",
        "une voiture rouge",
        "un coche rojo",
        "红色的汽车",
        "赤い車",
    ],
)
def test_six_languages_ask_for_the_same_thing(text: str) -> None:
    question = read_question(text)
    assert [COLOUR_NAMES[number] for number in question.colours] == ["red"]
    assert "car" in question.things.split()
    assert "red" in question.english.split()


@pytest.mark.parametrize("text", ["red", "rot", "rouge", "红色", "赤い", "the red one"])
def test_a_colour_alone_asks_for_no_thing(text: str) -> None:
    question = read_question(text)
    assert question.things == ""
    assert len(question.colours) == 1


def test_both_spellings_are_read_for_and_small_words_are_not() -> None:
    assert read_question("der Hund").words == (("hund", "dog"),)
    assert read_question("a dog on the beach").words == (("dog",), ("beach",))


def test_unknown_characters_are_kept_for_the_metadata() -> None:
    question = read_question("龘龘狗")
    assert question.english == "dog"
    assert question.words[0] == ("龘龘",)


def test_the_language_that_knows_most_words_is_taken() -> None:
    tables = {"fr": {"chat": "cat", "noir": "black"}, "de": {"rot": "red"}}
    languages = Languages(tables, frozenset({"chat", "room"}))
    assert [piece.english for piece in languages.translated("chat noir")] == ["cat", "black"]
    assert [piece.english for piece in languages.translated("chat room")] == ["chat", "room"]
    assert [piece.english for piece in languages.translated("chats")] == ["chats"]


def test_the_longest_phrase_is_taken() -> None:
    tables = {"zh": {"海": "sea", "海滩": "beach", "狗": "dog"}}
    pieces = Languages(tables, frozenset()).translated("海滩狗x")
    assert [(piece.original, piece.english) for piece in pieces] == [
        ("海滩", "beach"),
        ("狗", "dog"),
        ("x", "x"),
    ]
