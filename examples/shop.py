"""Index a shop's catalogue and answer a customer's picture with the pages of products.

python examples/shop.py [CATALOGUE.csv PICTURE [FILTER]]

A catalogue is a table with a column of picture paths or URLs; all other columns can be filtered.
"""

import csv
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

import lookalike

SHAPES = {"bowl": "ellipse", "box": "rectangle", "tray": "rounded_rectangle"}
COLOURS = ("red", "blue", "green")


def draw_product(category: str, colour: str, side: int) -> Image.Image:
    """Draw one product on white."""
    picture = Image.new("RGB", (side, side), "white")
    corners = (side // 8, side // 4, side * 7 // 8, side * 3 // 4)
    getattr(ImageDraw.Draw(picture), SHAPES[category])(corners, fill=colour)
    return picture


def write_catalogue(folder: Path) -> tuple[Path, Path]:
    """Write a catalogue of nine products and a customer's picture, for want of real ones."""
    rows = []
    for category in SHAPES:
        for colour in COLOURS:
            name = f"{colour}-{category}"
            draw_product(category, colour, 200).save(folder / f"{name}.png")
            page = f"https://shop.example/{name}"
            rows.append([f"{name}.png", page, category, len(rows) * 10 + 5])
    with (folder / "catalogue.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "page_url", "category", "price"])
        writer.writerows(rows)
    draw_product("bowl", "blue", 160).rotate(10, fillcolor="white").save(folder / "query.jpg")
    return folder / "catalogue.csv", folder / "query.jpg"


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        catalogue, picture = map(Path, arguments[:2] or write_catalogue(here))
        where = arguments[2] if len(arguments) > 2 else "price < 60"
        with lookalike.open(here / "shop.lookalike") as library:
            print(library.add(catalogue))
            for hit in library.search(picture, k=3, where=where, fold=True):
                price = hit.metadata.get("price", "")
                print(f"{hit.rank}  {hit.probability:4.0%}  {price:>6}  {hit.page_url or hit.url}")


if __name__ == "__main__":
    main(sys.argv[1:])
