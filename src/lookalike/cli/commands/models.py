"""``lookalike models``: which models are installed."""

from __future__ import annotations

from typing import Any

from lookalike.encoders import ModelCard

from ..console import clean, say, say_json
from ..main import DONE, command
from ..options import JsonOption
from ..words import byte_size

__all__ = ["models"]


@command
def models(as_json: JsonOption = False) -> int:
    """List the models that are installed.

    \b
    Example:
      lookalike models
    """
    from lookalike.without_library import models as installed

    cards = installed()
    if as_json:
        say_json([_as_dict(card) for card in cards])
        return DONE
    for card in cards:
        say(f"{clean(card.name)}  ({byte_size(card.model_path.stat().st_size)}, {card.licence})")
        say(f"  {clean(card.description)}")
        say(f"  vectors    {card.dimensions:,} dimensions, space {card.space}")
        say(f"  pictures   {card.input_size}×{card.input_size} pixels, {card.fit}")
        say(f"  names      {len(card.label_names):,}")
        say(f"  source     {clean(card.source)}")
        say(f"  trained on {clean(card.training_data)}")
    return DONE


def _as_dict(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "space": card.space,
        "dimensions": card.dimensions,
        "input_size": card.input_size,
        "fit": card.fit,
        "licence": card.licence,
        "source": card.source,
        "training_data": card.training_data,
        "sha256": card.sha256,
        "bytes": card.model_path.stat().st_size,
        "calibration": {"slope": card.calibration[0], "intercept": card.calibration[1]},
        "labels": len(card.label_names),
        "quality": dict(card.quality),
        "description": card.description,
        "path": str(card.model_path),
    }
