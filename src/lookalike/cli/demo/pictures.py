"""Put the demonstration's pictures into a folder, without a network.

The photographs are files inside the wheels of scikit-image and scikit-learn. Only what lies
there is used: no function that would download the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from lookalike.errors import MissingExtraError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DemoFolder", "make_demo_folder"]

_PHOTOGRAPHS: Mapping[str, tuple[str, ...]] = {
    "skimage/data": (
        "astronaut.png",
        "brick.png",
        "camera.png",
        "cell.png",
        "chelsea.png",
        "clock_motion.png",
        "coffee.png",
        "coins.png",
        "grass.png",
        "gravel.png",
        "hubble_deep_field.jpg",
        "ihc.png",
        "moon.png",
        "motorcycle_left.png",
        "page.png",
        "retina.jpg",
        "text.png",
    ),
    "sklearn/datasets/images": ("china.jpg", "flower.jpg"),
}
_QUERIES = ("chelsea", "coffee", "china")
_STRANGER = ("skimage/data", "rocket.jpg")
"""A photograph whose like is not in the library: the answer should be that it is not."""

_Maker: TypeAlias = Callable[[Path, Path], None]
"""Makes a file at the second path from the photograph at the first."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where the demonstration's pictures are.

    ``queries`` are edited copies of pictures in the library, and as the last one a picture
    that is not in it in any form; none of them lies below ``pictures``.
    """

    root: Path
    pictures: Path
    library: Path
    sheet: Path
    queries: tuple[Path, ...]


def make_demo_folder(root: Path) -> DemoFolder:
    """Write the pictures below a folder; what is there already stays as it is.

    Raises:
        MissingExtraError: the packages with the photographs are not installed.
    """
    originals = _find_photographs()
    pictures, queries = root / "pictures", root / "queries"
    pictures.mkdir(parents=True, exist_ok=True)
    queries.mkdir(exist_ok=True)
    for original in originals:
        _once(pictures / original.name, original, _copy)
        for name, edit in _EDITS.items():
            _once(pictures / "edited" / f"{original.stem}-{name}.jpg", original, edit)
    asked = []
    for original in originals:
        if original.stem in _QUERIES:
            asked.append(queries / f"{original.stem}-phone.jpg")
            _once(asked[-1], original, _as_by_phone)
    stranger = queries / _STRANGER[1]
    _once(stranger, _folder_of(_STRANGER[0]) / _STRANGER[1], _copy)
    return DemoFolder(
        root=root,
        pictures=pictures,
        library=root / "demo.lookalike",
        sheet=root / "demo.html",
        queries=(*asked, stranger),
    )


def _find_photographs() -> list[Path]:
    found = [_folder_of(folder) / name for folder, names in _PHOTOGRAPHS.items() for name in names]
    there = [path for path in found if path.is_file()]
    if len(there) < len(found):
        missing = ", ".join(sorted(path.name for path in found if path not in there))
        raise MissingExtraError(
            f"The installed scikit-image or scikit-learn has no {missing}. "
            "Update both: pip install -U scikit-image scikit-learn"
        )
    return there


def _folder_of(folder: str) -> Path:
    package, _, rest = folder.partition("/")
    found = find_spec(package)  # finds without importing, which would take a second
    if found is None or found.origin is None:
        raise MissingExtraError(
            "The demo shows photographs that come with scikit-image and scikit-learn. "
            "Install them: pip install 'lookalike[demo]' (in a clone: pip install '.[demo]')"
        )
    return Path(found.origin).parent / rest


def _once(path: Path, original: Path, make: _Maker) -> None:
    """Make a file from a photograph unless it is there; it gets its name when it is whole."""
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f".{path.name}")
    make(original, partial)
    partial.replace(path)


def _copy(original: Path, path: Path) -> None:
    shutil.copyfile(original, path)


def _open(path: Path) -> Image.Image:
    from PIL import Image

    with Image.open(path) as opened:
        return opened.convert("RGB")


def _save(image: Image.Image, path: Path, *, quality: int = 88) -> None:
    image.save(path, "JPEG", quality=quality)


def _part(image: Image.Image, left: float, top: float, share: float) -> Image.Image:
    """Return a part whose sides are ``share`` of the picture's, from a corner in [0, 1]."""
    x, y = round(left * image.width), round(top * image.height)
    return image.crop((x, y, x + round(share * image.width), y + round(share * image.height)))


def _turned(image: Image.Image, degrees: float) -> Image.Image:
    """Return the picture turned, without the corners that turning leaves empty."""
    from PIL import Image

    return _part(image.rotate(degrees, Image.Resampling.BICUBIC), 0.08, 0.08, 0.84)


def _cropped(original: Path, path: Path) -> None:
    _save(_part(_open(original), 0.25, 0.2, 0.6), path)


def _mirrored(original: Path, path: Path) -> None:
    from PIL import ImageOps

    _save(ImageOps.mirror(_open(original)), path)


def _brighter(original: Path, path: Path) -> None:
    from PIL import ImageEnhance

    _save(ImageEnhance.Brightness(_open(original)).enhance(1.5), path)


def _compressed(original: Path, path: Path) -> None:
    _save(_open(original), path, quality=8)


def _grey(original: Path, path: Path) -> None:
    _save(_open(original).convert("L"), path)


def _tilted(original: Path, path: Path) -> None:
    _save(_turned(_open(original), 6), path)


def _captioned(original: Path, path: Path) -> None:
    from PIL import ImageDraw, ImageFont

    image = _open(original)
    draw = ImageDraw.Draw(image)
    height = max(14, image.height // 8)
    draw.rectangle((0, image.height - height, image.width, image.height), fill="black")
    draw.text(
        (image.width // 2, image.height - height // 2),
        "look at this!",
        fill="white",
        anchor="mm",
        font=ImageFont.load_default(height * 0.6),
    )
    _save(image, path)


def _as_by_phone(original: Path, path: Path) -> None:
    """Write a part of the picture, turned, darker, smaller and compressed."""
    from PIL import ImageEnhance

    turned = _turned(_open(original), -5)
    image = ImageEnhance.Brightness(_part(turned, 0.05, 0.1, 0.8)).enhance(0.75)
    image.thumbnail((320, 320))
    _save(image, path, quality=40)


_EDITS: Mapping[str, _Maker] = {
    "cropped": _cropped,
    "mirrored": _mirrored,
    "brighter": _brighter,
    "compressed": _compressed,
    "grey": _grey,
    "tilted": _tilted,
    "captioned": _captioned,
}
