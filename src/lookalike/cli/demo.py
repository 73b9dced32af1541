"""``lookalike demo``: everything on real photographs, with no network and no folder."""

from __future__ import annotations

import contextlib
import html
import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import MissingExtraError, UsageError

from .console import clean, note, out, wants_previews
from .progress import shown

if TYPE_CHECKING:
    from PIL import Image

    from lookalike.library import Library
    from lookalike.results import Hits

__all__ = ["run_demo"]

_SKIMAGE = (
    *("astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png"),
    *("clock_motion.png", "grass.png", "gravel.png", "horse.png", "hubble_deep_field.jpg"),
    *("ihc.png", "moon.png", "motorcycle_left.png", "motorcycle_right.png", "page.png"),
    *("retina.jpg", "rocket.jpg", "text.png"),
)
_SKLEARN = ("china.jpg", "flower.jpg")
_QUERIES = ("chelsea", "rocket", "china")


def run_demo(keep: Path | None) -> int:
    """Make the pictures, index them, search with edited copies and say what to type next."""
    sources = _photographs()
    with _folder(keep) as folder:
        pictures, queries = folder / "pictures", folder / "queries"
        _write_pictures(sources, pictures, queries)
        library_path = folder / "demo.lookalike"
        import lookalike

        _say(f"lookalike index {pictures} --library {library_path}")
        with lookalike.open(library_path) as library:
            with shown() as progress:
                report = library.add(pictures, progress=progress)
            out().print(f"{report}: photographs and edited copies of them")
            rows = [_ask(library, path) for path in sorted(queries.iterdir())]
            page = folder / "demo.html"
            page.write_text(_page(rows), encoding="utf-8")
        kept = keep is not None
        if kept:
            out().print()
            out().print(clean(f"The same as a page with pictures: {page}"), soft_wrap=True)
    out().print("\nNow with pictures of your own:")
    out().print("  lookalike index ~/Pictures")
    out().print("  lookalike search SOME-PICTURE.jpg")
    if not kept:
        note("(To keep the pictures, the library and a page of results: lookalike demo --keep DIR)")
    return 0


def _ask(library: Library, query: Path) -> tuple[Path, Hits, str]:
    from .searching import print_hits

    _say(f"lookalike search {query.name} -k 4")
    hits = library.search(query, k=4)
    print_hits(hits, previews=wants_previews(None))
    _say(f"lookalike recognize {query.name} -k 3")
    names = str(library.recognize(query, k=3))
    out().print(names)
    return query, hits, names


def _say(command: str) -> None:
    out().print()
    out().print(clean(f"$ {command}"), style="bold", soft_wrap=True)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="lookalike-demo-") as name:
            yield Path(name)
        return
    folder = keep.expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder.")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _photographs() -> list[Path]:
    """Return the photographs inside the wheels of scikit-image and scikit-learn.

    Raises:
        MissingExtraError: they are not installed.
    """
    found = []
    for package, names, inside in (
        ("skimage", _SKIMAGE, "data"),
        ("sklearn", _SKLEARN, "datasets/images"),
    ):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise MissingExtraError(
                "The demo shows the photographs that scikit-image and scikit-learn carry. "
                "Install them with: pip install 'lookalike[demo]'"
            )
        folder = Path(spec.origin).parent / inside
        found += [folder / name for name in names if (folder / name).exists()]
    return found


def _write_pictures(sources: list[Path], pictures: Path, queries: Path) -> None:
    """Write each photograph, edited copies of it, and the queries, edited in other ways."""
    from PIL import Image, ImageEnhance, ImageOps

    (pictures / "edited").mkdir(parents=True)
    queries.mkdir()
    for path in sources:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
        image.thumbnail((640, 640))
        image.save(pictures / f"{path.stem}.jpg", quality=90)
        width, height = image.size
        box = (width // 8, height // 8, width - width // 8, height - height // 8)
        edited = {
            "cropped": image.crop(box),
            "mirrored": ImageOps.mirror(image),
            "dark": ImageEnhance.Brightness(image).enhance(0.6),
            "grey": ImageOps.grayscale(image).convert("RGB"),
            "small": image.resize((max(1, width // 3), max(1, height // 3))),
        }
        for name, copy in edited.items():
            copy.save(pictures / "edited" / f"{path.stem}-{name}.jpg", quality=80)
        if path.stem in _QUERIES:
            _query(image).save(queries / f"{path.stem}-query.jpg", quality=50)


def _query(image: Image.Image) -> Image.Image:
    """Return a copy, turned a little, cut at one side, with writing on it."""
    from PIL import Image, ImageDraw

    width, height = image.size
    turned = image.rotate(4, Image.Resampling.BICUBIC).crop(
        (width // 10, height // 12, width - width // 16, height - height // 12)
    )
    ImageDraw.Draw(turned).text((12, 12), "where is this from?", fill="white")
    return turned


def _page(rows: list[tuple[Path, Hits, str]]) -> str:
    """Return a page with each query beside its hits; it needs no other file."""
    from lookalike.results import Hit, Hits

    parts = []
    for query, hits, names in rows:
        own = Hit(0, str(query), query.resolve().as_uri(), 1.0, 1.0, 0, 0, 0)
        asked = Hits((own,), thumbnail=hits.thumbnail)
        parts.append(
            f"<h2>{html.escape(query.name)}</h2><pre>{html.escape(names)}</pre>"
            f"<div style='display:flex;gap:24px'>{asked._repr_html_()}{hits._repr_html_()}</div>"
        )
    return (
        "<!doctype html><meta charset='utf-8'><title>Lookalike demo</title>"
        "<body style='font-family:sans-serif'><h1>Lookalike demo</h1>" + "".join(parts)
    )
