"""``lookalike search``: hits as data, as lines and as answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lookalike.cli.commands.search import verdict
from lookalike.results import Hit, Hits

from .conftest import Run, Shelf

FIELDS = {"uri", "url", "score", "probability", "width", "height", "metadata", "page_url", "rank"}


def test_json_is_an_array_of_hits_and_nothing_else(run: Run, shelf: Shelf) -> None:
    query = shelf.pictures / "scene-1.jpg"
    ran = run("search", query, "--library", shelf.library, "--json")
    assert ran.code == 0
    hits = ran.json
    assert len(hits) == 5
    assert set(hits[0]) >= FIELDS
    assert hits[0]["uri"] == str(query)
    assert hits[0]["url"] == query.as_uri()
    assert (hits[0]["width"], hits[0]["height"]) == (160, 120)
    assert hits[0]["score"] == pytest.approx(1, abs=0.01)
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4, 5]


def test_lines_in_a_pipe_are_whole(run: Run, shelf: Shelf) -> None:
    ran = run("search", shelf.pictures / "scene-0.jpg", "--library", shelf.library)
    header, *lines = ran.out.splitlines()
    assert header.split() == ["rank", "score", "match", "size", "where"]
    assert len(lines) == 5
    assert lines[0].split()[-1] == str(shelf.pictures / "scene-0.jpg")
    assert re.search(r"\bhttps://example\.org/a\?x=1 +/\S+/goods/a\.png$", ran.out, re.MULTILINE)
    assert "\x1b" not in ran.out
    assert all(line == line.rstrip() for line in lines)


def test_the_picture_may_come_from_standard_input(run: Run, shelf: Shelf) -> None:
    data = (shelf.pictures / "scene-2.jpg").read_bytes()
    ran = run("search", "-", "--library", shelf.library, "-k", "1", "--json", input=data)
    assert [Path(hit["uri"]).name for hit in ran.json] == ["scene-2.jpg"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "Standard input is empty"), (b"some words", "This is not a picture")],
)
def test_standard_input_without_a_picture_is_said(
    run: Run, shelf: Shelf, data: bytes, sentence: str
) -> None:
    ran = run("search", "-", "--library", shelf.library, input=data)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err


def test_standard_input_is_read_up_to_the_limit(
    run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKALIKE_MAX_BYTES", "1000")
    ran = run("search", "-", "--library", shelf.library, input=b"\xff\xd8" + bytes(2000))
    assert ran.code == 2
    assert "more than 1,000 bytes" in ran.err


def test_k_and_the_bounds_leave_hits_out(run: Run, shelf: Shelf) -> None:
    query = ("search", shelf.pictures / "scene-0.jpg", "--library", shelf.library, "--json")
    everything = run(*query).json
    assert [hit["uri"] for hit in run(*query, "-k", "2").json] == [
        hit["uri"] for hit in everything[:2]
    ]
    middle = everything[2]
    scores = run(*query, "--min-score", f"{middle['score'] - 1e-6}").json
    assert scores == everything[:3]
    matches = run(*query, "--min-probability", f"{middle['probability'] - 1e-6}").json
    assert matches == everything[:3]


def test_copies_are_folded_and_counted_where_that_is_asked_for(
    run: Run, shelf: Shelf, tmp_path: Path
) -> None:
    query = shelf.pictures / "scene-0.jpg"
    (tmp_path / "again.jpg").write_bytes(query.read_bytes())
    library = tmp_path / "copies.lookalike"
    assert run("index", shelf.pictures, tmp_path, "--library", library).code == 1
    search = ("search", query, "--library", library)
    assert len(run(*search, "--json").json) == 4
    assert all(hit["repeats"] == [] for hit in run(*search, "--json").json)
    first, *others = run(*search, "--fold", "--json").json
    assert [Path(copy["uri"]).name for copy in first["repeats"]] in (["again.jpg"], [query.name])
    assert [hit["repeats"] for hit in others] == [[], []]
    header, line, *rest = run(*search, "--fold").out.splitlines()
    assert header.split() == ["rank", "score", "match", "size", "copies", "where"]
    assert "  +1  " in line
    assert not any("+1" in row for row in rest)


def test_parts_of_pictures_are_found_and_shown(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(shelf.pictures / "scene-0.jpg") as image:
        image.resize((64, 48)).save(tmp_path / "small.png")
        whole = Image.new("RGB", (160, 120), "navy")
        whole.paste(image.resize((64, 48)), (96, 72))
    (tmp_path / "walls").mkdir()
    whole.save(tmp_path / "walls" / "wall.png")
    library = ("--library", tmp_path / "parts.lookalike")
    search = ("search", tmp_path / "small.png", *library, "--parts")
    assert run("index", tmp_path / "walls", *library).code == 0
    refused = run(*search)
    assert (refused.code, refused.out) == (2, "")
    assert "lookalike index FOLDER --parts" in refused.err
    assert run("index", tmp_path / "walls", *library, "--parts", "--json").json["updated"] == 1
    (hit,) = run(*search, "--json").json
    assert hit["part"] == [96, 72, 64, 48]
    header, line = run(*search).out.splitlines()
    assert header.split() == ["rank", "score", "match", "size", "part", "where"]
    assert "  96,72,64,48  " in line
    assert "part 96,72,64,48" in run(*search, "--previews").out


def test_diversity_is_refused_beside_a_field_to_sort_by(run: Run, shelf: Shelf) -> None:
    search = ("search", shelf.pictures / "scene-0.jpg", "--library", shelf.library)
    assert len(run(*search, "--diversity", "0.5", "--json").json) == 5
    ran = run(*search, "--diversity", "0.5", "--sort", "name")
    assert (ran.code, ran.out) == (2, "")
    assert "leave out sort" in ran.err
    assert run(*search, "--diversity", "1.5").code == 2


def test_nothing_found_ends_with_1_and_says_so(run: Run, shelf: Shelf) -> None:
    query = (shelf.pictures.parent / "goods" / "a.png", "--library", shelf.library)
    assert run("search", *query, "--min-score", "0.999").code == 0
    grey = shelf.pictures.parent / "grey.png"
    from PIL import Image

    Image.new("RGB", (64, 64), "grey").save(grey)
    ran = run("search", grey, "--library", shelf.library, "--min-score", "0.999")
    assert (ran.code, ran.out) == (1, "")
    assert "Nothing found" in ran.err
    as_json = run("search", grey, "--library", shelf.library, "--min-score", "0.999", "--json")
    assert (as_json.code, as_json.json) == (1, [])


def test_an_empty_library_says_how_to_fill_it(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    import lookalike

    library = tmp_path / "empty.lookalike"
    lookalike.open(library).close()
    ran = run("search", shelf.pictures / "scene-0.jpg", "--library", library)
    assert ran.code == 1
    assert "lookalike index FOLDER" in ran.err


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("nowhere.jpg", "There is no file nowhere.jpg"),
        (".", "is a folder"),
        (__file__, "This is not a picture"),
        ("http://127.0.0.1:9/x.jpg", "private address"),
        ("http://no-such-host.invalid/x.jpg", "no-such-host.invalid"),
    ],
)
def test_what_cannot_be_asked_with_ends_with_2(
    run: Run, shelf: Shelf, query: str, sentence: str
) -> None:
    ran = run("search", query, "--library", shelf.library)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert ran.err.count("\n") == 1


def test_a_missing_library_is_not_made(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    library = tmp_path / "none.lookalike"
    for command in (["search", shelf.pictures / "scene-0.jpg"], ["stats"], ["list"]):
        ran = run(*command, "--library", library)
        assert ran.code == 2
        assert "There is no library" in ran.err
    assert not library.exists()


def hits(*probabilities: float) -> Hits:
    return Hits(
        tuple(
            Hit(rank, "/a.jpg", "file:///a.jpg", 0.5, probability, 1, 1, rank)
            for rank, probability in enumerate(probabilities, start=1)
        )
    )


def test_the_verdict_says_how_many_are_likely() -> None:
    assert verdict(hits(0.9, 0.5, 0.49)) == "Likely matches: 2 of 3."
    assert "Nothing here is a likely match" in verdict(hits(0.49, 0.1))
    assert "49 %" in verdict(hits(0.49, 0.1))
    assert "Nothing found" in verdict(hits())


def test_words_are_searched_as_words(run: Run, shelf: Shelf) -> None:
    ran = run("search", "something green", "--library", shelf.library, "--json")
    assert ran.code == 0
    assert len(ran.json) == 5
    assert set(ran.json[0]) >= FIELDS


def test_a_mistyped_file_name_is_no_search_for_words(run: Run, shelf: Shelf) -> None:
    ran = run("search", "bech.jpg", "--library", shelf.library)
    assert ran.code == 2
    assert "There is no file bech.jpg" in ran.err
    assert run("search", "bech.jpg", "--text", "--library", shelf.library).code == 0


def test_pictures_and_words_may_be_added_up(run: Run, shelf: Shelf) -> None:
    first, second = (shelf.pictures / f"scene-{number}.jpg" for number in (1, 2))
    asked = f"{first} + 0.25*'{second}' - 'red'"
    ran = run("search", asked, "--library", shelf.library, "--json", "-k", "2")
    assert ran.code == 0
    assert [hit["uri"] for hit in ran.json] == [str(first), str(second)]


def test_a_broken_sum_ends_with_2_and_says_where(run: Run, shelf: Shelf) -> None:
    ran = run("search", "a.jpg + 'red", "--library", shelf.library)
    assert ran.code == 2
    assert "at character 9: the quote ' is not closed" in ran.err


def test_a_region_of_the_picture_is_searched_with(run: Run, shelf: Shelf) -> None:
    query = shelf.pictures / "scene-1.jpg"
    ran = run("search", query, "--library", shelf.library, "--json", "--region", "0%,0%,100%,100%")
    assert ran.json[0]["uri"] == str(query)
    whole = ran.json[0]["score"]
    ran = run("search", query, "--library", shelf.library, "--json", "--region", "0,0,60,60")
    assert ran.code == 0
    assert ran.json[0]["score"] < whole
    ran = run("search", query, "--library", shelf.library, "--region", "150,0,60,60")
    assert ran.code == 2
    assert "reaches outside the picture, which is 160 × 120" in ran.err


def test_a_probability_is_a_number_or_a_percentage(run: Run, shelf: Shelf) -> None:
    query = shelf.pictures / "scene-0.jpg"
    at = ("search", query, "--json", "-l", shelf.library, "--min-probability")
    assert run(*at, "60%").out == run(*at, "0.6").out
    for wrong in ("60", "1.5", "-1%", "many", "nan"):
        ran = run(*at, wrong)
        assert (ran.code, "from 0 to 1, or a percentage" in ran.err) == (2, True)
