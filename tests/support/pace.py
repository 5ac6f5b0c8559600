"""How long notes take to be said, and beats to be played."""

from __future__ import annotations

import numpy as np

WORDS_PER_SECOND = 2.4


def spoken(note: str) -> float:
    """How long it takes to say a note, seconds."""
    return len(note.split()) / WORDS_PER_SECOND


def lengths(rehearsed) -> dict[str, float]:
    """How long each beat plays, seconds."""
    ends = np.diff([*rehearsed.beat_starts.values(), rehearsed.seconds])
    return dict(zip(rehearsed.beat_starts, ends.tolist(), strict=True))
