"""Recommend pictures: more like some, and for a user by what all users did.

python examples/recommendation.py [FOLDER]
"""

import random
import sys
import tempfile
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw

import lookalike

COLOURS = ("firebrick", "royalblue", "seagreen", "goldenrod")
SIDES = (3, 4, 6)


def draw_pictures(folder: Path) -> Path:
    """Draw twelve pictures, for want of real ones."""
    folder.mkdir()
    for colour, sides in product(COLOURS, SIDES):
        picture = Image.new("RGB", (160, 160), "white")
        ImageDraw.Draw(picture).regular_polygon((80, 80, 60), sides, fill=colour)
        picture.save(folder / f"{colour}-{sides}.png")
    return folder


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        folder = Path(arguments[0]) if arguments else draw_pictures(here / "pictures")
        with lookalike.open(here / "recommendation.lookalike") as library:
            print(library.add(folder))
            images = [image.uri for image in library.images()]
            chance = random.Random(0)
            for number in range(8):  # each user likes neighbours: pictures of one colour
                first = chance.randrange(len(images))
                for step in range(3):
                    image = images[(first + step) % len(images)]
                    library.events.add(f"user-{number}", image, "like", time=float(number))
            print("\nMore like", Path(images[0]).name)
            for one in library.recommend(like=[images[0]], dislike=[images[-1]], k=3):
                print(f"{one.rank}  {Path(one.uri).name:16}  {one.reason}")
            print("\nFor user-0")
            for one in library.recommend("user-0", k=3):
                print(f"{one.rank}  {Path(one.uri).name:16}  {one.reason}")


if __name__ == "__main__":
    main(sys.argv[1:])
