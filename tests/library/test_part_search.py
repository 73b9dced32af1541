"""Find pictures by what a part of them shows."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.catalog.picture_parts import part_blocks
from lookalike.encoders import load_encoder
from lookalike.errors import UsageError
from lookalike.ingest.parts import part_boxes

Scene = Callable[..., Image.Image]
SIZE = (640, 480)
PLACES = (0, 2, 4, 6, 7)
"""Which part of picture number n shows scene n."""


@pytest.fixture(scope="module")
def scene(make_scene: Scene) -> Callable[[int], Image.Image]:
    """Return what makes the scene that is somewhere in picture number n."""
    return lambda number: make_scene(number, (320, 240))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, make_scene: Scene) -> Path:
    """Return a folder of pictures, each with a scene in a part of it."""
    folder = tmp_path_factory.mktemp("pictures")
    boxes = part_boxes(*SIZE).tolist()
    for number, place in enumerate(PLACES):
        whole = make_scene(100 + number, SIZE)
        left, top, width, height = boxes[place]
        small = make_scene(number, (320, 240)).resize((width, height), Image.Resampling.LANCZOS)
        whole.paste(small, (left, top))
        whole.save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def shared(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library of the pictures with their parts, which is only read."""
    folder = tmp_path_factory.mktemp("library") / "lib"
    with lookalike.open(folder) as opened:
        opened.add(pictures, parts=True, workers=1)
    return folder


@pytest.fixture
def own(shared: Path, pictures: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return a library with parts and its folder of pictures, to be changed."""
    shutil.copytree(pictures, tmp_path / "pictures")
    with lookalike.open(tmp_path / "lib") as opened:
        opened.add(tmp_path / "pictures", parts=True, workers=1)
    return tmp_path / "lib", tmp_path / "pictures"


def counts(library: lookalike.Library) -> dict[str, int]:
    """Return by the name of each image how many parts it has."""
    generation = library.session.now().generation
    with library.session.catalog.reading() as connection:
        blocks = list(part_blocks(connection, generation))
    ids = np.concatenate([block.image_ids for block in blocks]).tolist() if blocks else []
    names = {image.image_id: Path(image.uri).stem for image in library.iterate()}
    return {name: ids.count(image_id) for image_id, name in names.items()}


def test_a_small_picture_is_found_in_the_part_that_shows_it(
    shared: Path, scene: Callable[[int], Image.Image]
) -> None:
    boxes = part_boxes(*SIZE).tolist()
    with lookalike.open(shared) as library:
        batch = library.search_batch([scene(n) for n in range(5)], parts=True, k=5)
        for number, hits in enumerate(batch):
            assert Path(hits[0].uri).stem == str(number)
            assert hits[0].part == tuple(boxes[PLACES[number]])
            assert hits[0].score > 0.9 > hits[1].score
            assert hits.to_list()[0]["part"] == boxes[PLACES[number]]
        alone = library.search(scene(0), k=5)
        assert all(hit.part is None for hit in alone)
        assert alone[0].score < 0.9


def test_the_score_is_the_greatest_cosine_of_the_whole_and_its_parts(
    shared: Path, pictures: Path, scene: Callable[[int], Image.Image]
) -> None:
    encoder = load_encoder()

    def vector(image: Image.Image) -> np.ndarray:
        found: np.ndarray = encoder.encode(encoder.prepare(np.asarray(image))[None]).vectors[0]
        return found

    query = vector(scene(3))
    expected = {}
    for path in pictures.iterdir():
        whole = Image.open(path).convert("RGB")
        boxes = [(0, 0, *SIZE), *part_boxes(*SIZE).tolist()]
        cosines = [
            float(vector(whole.crop((left, top, left + wide, top + high))) @ query)
            for left, top, wide, high in boxes
        ]
        best = int(np.argmax(cosines))
        expected[path.stem] = (cosines[best], tuple(boxes[best]) if best else None)
    with lookalike.open(shared) as library:
        hits = library.search(scene(3), parts=True, k=5)
        pages = [library.search(scene(3), parts=True, k=2, offset=at)[:2] for at in (0, 2, 4)]
    assert [hit.uri for page in pages for hit in page] == [hit.uri for hit in hits]
    assert sorted(expected, key=lambda name: -expected[name][0]) == [
        Path(hit.uri).stem for hit in hits
    ]
    for hit in hits:
        score, box = expected[Path(hit.uri).stem]
        assert hit.score == pytest.approx(score, abs=0.01)
        assert hit.part == box


def test_a_picture_that_is_like_the_whole_has_no_part(shared: Path, pictures: Path) -> None:
    with lookalike.open(shared) as library:
        hit = library.search(pictures / "2.png", parts=True, k=1)[0]
    assert Path(hit.uri).stem == "2"
    assert hit.part is None
    assert hit.score > 0.999


def test_filters_orders_and_folding_work_with_parts(
    shared: Path, scene: Callable[[int], Image.Image]
) -> None:
    with lookalike.open(shared) as library:
        found = library.search(scene(1), parts=True, where="name <> '1.png'", k=5)
        assert "1" not in {Path(hit.uri).stem for hit in found}
        assert len(found) == 4
        ordered = library.search(scene(1), parts=True, sort="-name", k=5)
        assert [Path(hit.uri).stem for hit in ordered] == list("43210")
        assert {Path(hit.uri).stem for hit in ordered if hit.score > 0.9 and hit.part} == {"1"}
        folded = library.search(scene(1), parts=True, fold=True, diversity=0.3, k=5)
        assert folded[0].part is not None
        assert len(folded) == 5


def test_the_small_picture_of_a_hit_has_a_frame_around_the_part(
    shared: Path, scene: Callable[[int], Image.Image]
) -> None:
    with lookalike.open(shared) as library:
        hits = library.search(scene(0), parts=True, k=1)
        assert hits.thumbnail is not None
        drawn = hits.thumbnail(hits[0])
    assert drawn is not None
    pixels = np.asarray(Image.open(io.BytesIO(drawn))).astype(int)
    corner = pixels[0, 0]  # part 0 begins there
    assert abs(corner - (255, 96, 0)).max() < 40


def test_words_and_sums_have_no_parts(shared: Path, scene: Callable[[int], Image.Image]) -> None:
    with lookalike.open(shared) as library:
        for query in ("a red car", None):
            with pytest.raises(UsageError, match="Parts are searched with a picture"):
                library.search(query, positive=() if query else [scene(0)] * 2, parts=True)


def test_a_library_without_parts_says_how_to_get_them(
    pictures: Path, tmp_path: Path, scene: Callable[[int], Image.Image]
) -> None:
    with lookalike.open(tmp_path / "lib") as library:
        library.add(pictures, workers=1)
        with pytest.raises(UsageError, match="lookalike index FOLDER --parts"):
            library.search(scene(0), parts=True)
        assert set(counts(library).values()) == {0}
        report = library.add(pictures, parts=True, workers=1)
        assert (report.updated, report.unchanged) == (5, 0)
        assert library.search(scene(0), parts=True, k=1)[0].part is not None
        assert library.add(pictures, parts=True, workers=1).unchanged == 5
        assert library.check() == ()


def test_parts_follow_their_pictures(
    own: tuple[Path, Path], make_scene: Scene, scene: Callable[[int], Image.Image]
) -> None:
    folder, pictures = own
    with lookalike.open(folder) as library:
        assert set(counts(library).values()) == {9}
        make_scene(50, SIZE).save(pictures / "0.png")  # another picture
        make_scene(51, SIZE).save(pictures / "new.png")
        make_scene(52, (40, 50)).save(pictures / "tiny.png")
        shutil.copy(pictures / "1.png", pictures / "copy.png")
        (pictures / "2.png").rename(pictures / "moved.png")
        (pictures / "3.png").unlink()
        report = library.add(pictures, prune=True, workers=1)
        assert counts(library) == {
            **dict.fromkeys(["0", "1", "4", "new", "copy", "moved"], 9),
            "tiny": 0,
        }
        assert report.failed == 0
        assert Path(library.search(scene(2), parts=True, k=1)[0].uri).stem == "moved"
        assert max(hit.score for hit in library.search(scene(0), parts=True, k=9)) < 0.9
        assert library.add(pictures, workers=1).unchanged == 7
        library.remove(pictures / "1.png")
        assert counts(library)["copy"] == 9
        library.remove(pictures / "copy.png")
        with library.session.catalog.reading() as connection:
            kept = connection.exec_driver_sql("select count(*) from picture_parts").scalar()
        assert kept == 5  # tiny has a row without parts: it is not read again and again


def test_whoever_wants_no_parts_gets_none(own: tuple[Path, Path], make_scene: Scene) -> None:
    folder, pictures = own
    make_scene(51, SIZE).save(pictures / "new.png")
    with lookalike.open(folder) as library:
        library.add(pictures, parts=False, workers=1)
        assert counts(library)["new"] == 0
        found = library.search(pictures / "new.png", parts=True, k=1)[0]
        assert Path(found.uri).stem == "new"
        assert library.add(pictures, workers=1).updated == 1
        assert counts(library)["new"] == 9


def test_the_parts_of_broken_rows_are_told(own: tuple[Path, Path]) -> None:
    folder, pictures = own
    with lookalike.open(folder) as library:
        with library.session.catalog.writing() as connection:
            connection.exec_driver_sql("update picture_parts set codes = x'0102'")
        with pytest.raises(lookalike.errors.LibraryBrokenError, match="--parts --refresh"):
            library.search(pictures / "1.png", parts=True)
        library.add(pictures, refresh=True, workers=1)
        assert library.search(pictures / "1.png", parts=True, k=1)[0].score > 0.999
