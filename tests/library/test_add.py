"""Adding pictures: what is new, changed, renamed, gone or broken."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

import lookalike

Scene = Callable[..., Image.Image]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[lookalike.Library]:
    with lookalike.open(tmp_path / "library") as opened:
        yield opened


def test_every_picture_of_a_folder_is_added(library: lookalike.Library, scenes: Path) -> None:
    report = library.add(scenes)
    assert (report.added, report.failed, len(library)) == (12, 0, 12)
    assert str(scenes / "deep" / "scene-9.png") in library
    info = next(iter(library.iterate()))
    assert (info.width, info.height, info.format) == (160, 120, "JPEG")
    assert info.url.startswith("file:///")
    assert len(info.labels) == 5


def test_a_second_run_decodes_nothing(library: lookalike.Library, scenes: Path) -> None:
    library.add(scenes)
    report = library.add(scenes)
    assert (report.added, report.unchanged) == (0, 12)


def test_a_touched_file_is_unchanged(library: lookalike.Library, scenes: Path) -> None:
    library.add(scenes)
    os.utime(scenes / "scene-0.jpg", ns=(1, 1))
    assert library.add(scenes).unchanged == 12
    assert library.add(scenes).unchanged == 12


def test_a_changed_file_is_replaced(
    library: lookalike.Library, scenes: Path, make_scene: Scene
) -> None:
    library.add(scenes)
    make_scene(77).save(scenes / "scene-0.jpg", quality=92)
    report = library.add(scenes)
    assert (report.updated, report.unchanged, len(library)) == (1, 11, 12)
    hit = library.search(make_scene(77), k=1)[0]
    assert hit.uri == str(scenes / "scene-0.jpg")


def test_a_renamed_file_keeps_its_vector(library: lookalike.Library, scenes: Path) -> None:
    library.add(scenes)
    before = {image.uri: image.image_id for image in library.iterate()}
    (scenes / "scene-0.jpg").rename(scenes / "deep" / "moved.jpg")
    report = library.add(scenes)
    assert (report.renamed, report.added, len(library)) == (1, 0, 12)
    after = {image.uri: image.image_id for image in library.iterate()}
    assert after[str(scenes / "deep" / "moved.jpg")] == before[str(scenes / "scene-0.jpg")]
    assert str(scenes / "scene-0.jpg") not in library


def test_a_copied_file_is_found_beside_the_first(library: lookalike.Library, scenes: Path) -> None:
    library.add(scenes)
    shutil.copy(scenes / "scene-3.jpg", scenes / "copy.jpg")
    report = library.add(scenes)
    assert (report.added, len(library)) == (1, 13)
    hits = library.search(scenes / "scene-3.jpg", k=2)
    assert {Path(hit.uri).name for hit in hits} == {"scene-3.jpg", "copy.jpg"}
    assert hits[1].score > 0.999


def test_two_files_that_swap_names_keep_their_own_pictures(
    library: lookalike.Library, tmp_path: Path, make_scene: Scene
) -> None:
    folder = tmp_path / "swap"
    folder.mkdir()
    for name, seed in (("a.bmp", 1), ("b.bmp", 2)):  # of the same size in bytes
        make_scene(seed).save(folder / name)
    library.add(folder)
    (folder / "a.bmp").rename(folder / "c.bmp")
    (folder / "b.bmp").rename(folder / "a.bmp")
    (folder / "c.bmp").rename(folder / "b.bmp")
    library.add(folder)
    assert len(library) == 2
    assert Path(library.search(make_scene(1), k=1)[0].uri).name == "b.bmp"
    assert Path(library.search(make_scene(2), k=1)[0].uri).name == "a.bmp"
    assert library.check() == ()


def test_prune_forgets_what_is_gone(library: lookalike.Library, scenes: Path) -> None:
    library.add(scenes)
    (scenes / "scene-1.jpg").unlink()
    assert library.add(scenes).removed == 0
    assert len(library) == 12
    report = library.add(scenes, prune=True)
    assert (report.removed, len(library)) == (1, 11)


def test_prune_leaves_other_folders_alone(
    library: lookalike.Library, scenes: Path, tmp_path: Path, make_scene: Scene
) -> None:
    other = tmp_path / "pictures-too"
    other.mkdir()
    make_scene(50).save(other / "a.png")
    library.add(scenes, other)
    shutil.rmtree(other)
    assert library.add(scenes, prune=True).removed == 0
    assert str(other / "a.png") in library


def test_a_broken_file_is_reported_and_tried_again_only_when_it_changes(
    library: lookalike.Library, scenes: Path, make_scene: Scene
) -> None:
    broken = scenes / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    report = library.add(scenes)
    assert (report.added, report.failed) == (12, 1)
    (failure,) = library.failures()
    assert failure.uri == str(broken)
    assert failure.kind == "BrokenImageError"
    again = library.add(scenes)
    assert (again.skipped, again.failed) == (1, 0)
    assert library.add(scenes, retry_failed=True).failed == 1
    make_scene(99).save(broken)
    assert library.add(scenes).added == 1
    assert library.failures() == ()


def test_a_picture_that_becomes_broken_is_forgotten(
    library: lookalike.Library, scenes: Path
) -> None:
    library.add(scenes)
    (scenes / "scene-2.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    assert library.add(scenes).failed == 1
    assert len(library) == 11
    assert str(scenes / "scene-2.jpg") not in library


def test_refresh_encodes_everything_again(library: lookalike.Library, scenes: Path) -> None:
    library.add(scenes)
    report = library.add(scenes, refresh=True)
    assert (report.updated, report.unchanged, len(library)) == (12, 0, 12)
    assert library.check() == ()


def test_a_table_gives_metadata_and_page_urls(library: lookalike.Library, scenes: Path) -> None:
    table = scenes / "products.csv"
    table.write_text(
        "image,page,name,price\n"
        "scene-0.jpg,https://shop.example/0,Circle,9.5\n"
        "deep/scene-9.png,https://shop.example/9,Square,12\n"
        "missing.jpg,https://shop.example/x,Nothing,1\n"
    )
    report = library.add(table, page_url_column="page")
    assert (report.added, report.failed) == (2, 1)
    hit = library.search(scenes / "scene-0.jpg", k=1)[0]
    assert hit.page_url == "https://shop.example/0"
    assert hit.metadata == {"name": "Circle", "price": 9.5}
    library.add(scenes)  # a folder says nothing about the pictures: what is known stays
    assert library.search(scenes / "scene-0.jpg", k=1)[0].metadata["name"] == "Circle"
    table.write_text("image,page,name,price\nscene-0.jpg,https://shop.example/0,Disc,8\n")
    assert library.add(table, page_url_column="page").updated == 1
    assert library.search(scenes / "scene-0.jpg", k=1)[0].metadata["name"] == "Disc"


def test_progress_reaches_the_total(library: lookalike.Library, scenes: Path) -> None:
    states: list[lookalike.Progress] = []
    library.add(scenes, progress=states.append)
    assert any((state.done, state.total) == (12, 12) for state in states)


def test_wrong_sources_change_nothing(library: lookalike.Library, tmp_path: Path) -> None:
    with pytest.raises(lookalike.SourceNotFoundError, match="nowhere"):
        library.add(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(lookalike.EmptySourceError, match="empty"):
        library.add(tmp_path / "empty")
    with pytest.raises(lookalike.UsageError):
        library.add()
    assert len(library) == 0


def test_non_utf8_file_names_go_through(
    library: lookalike.Library, tmp_path: Path, make_scene: Scene
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    make_scene(5).save(tmp_path / "plain.png")
    (tmp_path / "plain.png").rename(folder / os.fsdecode(b"caf\xe9.png"))
    assert library.add(folder).added == 1
    assert library.add(folder).unchanged == 1
    hit = library.search(make_scene(5), k=1)[0]
    assert hit.score > 0.99
    assert hit.url.endswith("caf%E9.png")
    assert "caf" in str(library.search(make_scene(5)))


def test_what_could_not_be_read_can_be_removed(library: lookalike.Library, tmp_path: Path) -> None:
    broken = tmp_path / "words.jpg"
    broken.write_text("no picture")
    library.add(broken)
    assert len(library.failures()) == 1
    assert library.remove(broken) == 0
    assert library.failures() == ()
    with pytest.raises(lookalike.NotInLibraryError):
        library.remove(broken)


def test_a_row_that_was_mended_is_blamed_no_longer(
    library: lookalike.Library, scenes: Path
) -> None:
    table = scenes / "goods.csv"
    table.write_text("image,name\n,lost\nscene-0.jpg,found\n")
    assert library.add(table).failed == 1
    table.write_text("image,name\nscene-1.jpg,lost\nscene-0.jpg,found\n")
    assert library.add(table).failed == 0
    assert library.failures() == ()


def test_rows_that_share_a_picture_are_counted(library: lookalike.Library, scenes: Path) -> None:
    table = scenes / "goods.csv"
    table.write_text("image,name\nscene-0.jpg,red\nscene-0.jpg,blue\n")
    report = library.add(table)
    assert (report.added, report.repeated) == (1, 1)
    assert "1 named twice" in str(report)


def test_a_file_moved_away_and_replaced_by_garbage_stops_nothing(
    library: lookalike.Library, scenes: Path
) -> None:
    library.add(scenes)
    (scenes / "scene-0.jpg").rename(scenes / "scene-0b.jpg")
    (scenes / "scene-0.jpg").write_text("garbage")
    report = library.add(scenes)
    assert report.failed == 1
    assert str(scenes / "scene-0b.jpg") in library
    assert str(scenes / "scene-0.jpg") not in library
    assert len(library) == 12


def test_a_limit_that_refuses_what_is_known_empties_nothing(
    library: lookalike.Library, scenes: Path, tmp_path: Path
) -> None:
    library.add(scenes)
    settings = lookalike.Settings(max_pixels=10)
    with lookalike.open(library.path, settings=settings) as strict:
        assert strict.add(scenes, refresh=True).failed == 12
    assert len(library) == 12


def test_an_empty_name_is_not_the_current_folder(
    library: lookalike.Library, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(scenes)
    monkeypatch.chdir(scenes)
    with pytest.raises(lookalike.NotInLibraryError):
        library.remove("")
    with pytest.raises(lookalike.SourceNotFoundError, match="empty text"):
        library.add("")
    assert len(library) == 12
