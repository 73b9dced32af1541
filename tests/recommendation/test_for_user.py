"""Recommendations for a user of a library: what is seen stays out, and every one says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lookalike

KINDS_OF_SOURCES = {"content", "collaborative", "popular", "new", "explored"}


def names(found: lookalike.Recommendations) -> list[str]:
    return [Path(item.uri).stem for item in found]


@pytest.fixture
def busy(library: lookalike.Library, tmp_path: Path) -> lookalike.Library:
    """Thirty users: even ones choose among images 1 to 6, odd ones among 7 to 13."""
    rows = ["user,image_id,kind,time"]
    for user in range(30):
        group = range(1, 7) if user % 2 == 0 else range(7, 13)
        rows += [
            f"u{user},{item},save,{user * 100 + place}"
            for place, item in enumerate(group)
            if place != user // 2 % 6
        ]
    (tmp_path / "busy.csv").write_text("\n".join(rows))
    report = library.events.import_table(tmp_path / "busy.csv")
    assert (report.unknown, report.failed) == (0, 0)
    return library


def test_what_others_of_the_same_taste_chose_comes_first(busy: lookalike.Library) -> None:
    busy.events.add("ann", 1, "like", time=5000)
    busy.events.add("ann", 2, "save", time=5001)
    found = busy.recommend("ann", k=4)
    assert {item.image_id for item in found} == {3, 4, 5, 6}
    assert {item.source for item in found} <= KINDS_OF_SOURCES
    assert any(item.source == "collaborative" for item in found)
    assert all(item.reason for item in found)
    scores = [item.score for item in found]
    assert scores == sorted(scores, reverse=True)
    json.dumps(found.to_list())


def test_what_was_seen_or_refused_and_its_copies_stay_out(busy: lookalike.Library) -> None:
    busy.events.add("ann", 4, "view", time=5000)  # image 13 has the same bytes
    busy.events.add("ann", 7, "dislike", time=5000)
    found = {item.image_id for item in busy.recommend("ann", k=50)}
    assert found == set(range(1, 14)) - {4, 13, 7}


def test_of_copies_that_nobody_saw_one_is_shown(library: lookalike.Library) -> None:
    library.events.add("ann", 1, "save")
    for k in (11, 50):  # 4 and 13 have the same bytes
        found = [item.image_id for item in library.recommend("ann", k=k)]
        assert len(found) == 11
        assert len({4, 13} & set(found)) == 1


def test_somebody_new_gets_what_is_popular_and_is_told(busy: lookalike.Library) -> None:
    found = busy.recommend("nobody", k=5)
    assert len(found) == 5
    assert {item.source for item in found} == {"popular"}
    assert "no events of nobody" in found.note


def test_without_any_events_the_newest_come(library: lookalike.Library) -> None:
    found = library.recommend("nobody", k=3)
    assert [item.image_id for item in found] == [13, 12, 11]
    assert {item.source for item in found} == {"new"}


def test_few_events_are_served_by_looks(library: lookalike.Library) -> None:
    library.events.add("ann", 1, "save")
    found = library.recommend("ann", k=3)
    assert found[0].reason == "like 0.png that you saved"
    assert found[0].source == "content"
    assert found[0].image_id == library.recommend(like=[1], k=1)[0].image_id


def test_new_events_count_at_once_without_new_learning(busy: lookalike.Library) -> None:
    busy.recommend.learn()
    note = (busy.path / "recommend" / "learned.json").read_text()
    busy.events.add("eve", 8, "buy", time=9000)
    assert 8 not in {item.image_id for item in busy.recommend("eve", k=50)}
    assert (busy.path / "recommend" / "learned.json").read_text() == note
    for item in range(1, 12):  # more than a tenth
        for user in ("x", "y"):
            busy.events.add(user, item, "view", time=9000)
    busy.recommend("eve")
    assert (busy.path / "recommend" / "learned.json").read_text() != note


def test_the_same_question_has_the_same_answer_from_memory_and_from_disk(
    busy: lookalike.Library,
) -> None:
    first = busy.recommend("u3", k=6, diversity=0.3)
    with lookalike.open(busy.path) as again:
        assert again.recommend("u3", k=6, diversity=0.3) == first


def test_what_was_learned_is_loaded_and_not_learned_again(busy: lookalike.Library) -> None:
    busy.recommend.learn()
    note = (busy.path / "recommend" / "learned.json").read_text()
    with lookalike.open(busy.path) as again:
        again.recommend("u3")
    assert (busy.path / "recommend" / "learned.json").read_text() == note


def test_forgotten_events_are_no_longer_learned_from(busy: lookalike.Library) -> None:
    before = busy.recommend.learn()
    for user in range(4):  # of thirty with as many events: more than a tenth
        busy.events.forget(f"u{user}")
    busy.recommend("u9")
    after = json.loads((busy.path / "recommend" / "learned.json").read_text())
    assert (before.users, after["users"]) == (30, 26)


def test_a_damaged_snapshot_is_made_anew(busy: lookalike.Library) -> None:
    first = names(busy.recommend("u3", k=6))
    for path in (busy.path / "recommend").glob("learned-*/*.npy"):
        path.write_bytes(b"nothing")
    (busy.path / "recommend" / "learned.json").write_text("{")
    with lookalike.open(busy.path) as again:
        assert names(again.recommend("u3", k=6)) == first


def test_a_share_is_drawn_at_random_with_the_seed(busy: lookalike.Library) -> None:
    plain = names(busy.recommend("u2", k=4))
    some = busy.recommend("u2", k=4, explore=0.5, seed=1)
    assert names(some)[:2] == plain[:2]
    assert [item.source for item in some][2:] == ["explored", "explored"]
    assert busy.recommend("u2", k=4, explore=0.5, seed=1) == some
    others = {tuple(names(busy.recommend("u2", k=4, explore=0.5, seed=s))) for s in range(8)}
    assert len(others) > 1
    seen = {event.image_id for event in busy.events.of("u2")}
    assert not seen & {item.image_id for item in busy.recommend("u2", k=9, explore=1.0)}


def test_what_nobody_chose_yet_is_explored_first(busy: lookalike.Library, filled: Path) -> None:
    busy.remove(filled / "3.png")  # image 4; its copy, 13, is the one that no event names
    for seed in range(5):
        assert busy.recommend("u3", k=4, explore=0.25, seed=seed)[-1].image_id == 13


def test_images_that_are_gone_are_not_recommended(busy: lookalike.Library, filled: Path) -> None:
    busy.recommend.learn()
    busy.remove(filled / "2.png")
    assert 3 not in {item.image_id for item in busy.recommend("u1", k=50)}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"user": ""}, "user"),
        ({"user": "ann", "like": [1]}, "not both"),
        ({"user": "ann", "k": 0}, "k is 0"),
        ({"user": "ann", "diversity": 2}, "diversity"),
        ({"user": "ann", "explore": -0.1}, "explore"),
        ({"like": [1], "explore": 0.1}, "explore"),
        ({}, "at least one"),
    ],
)
def test_wrong_wishes_are_refused(
    library: lookalike.Library, wish: dict[str, object], said: str
) -> None:
    with pytest.raises(lookalike.UsageError, match=said):
        library.recommend(**wish)  # type: ignore[arg-type]
