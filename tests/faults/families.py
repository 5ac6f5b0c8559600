"""The families of attacks, in the order of the table."""

from __future__ import annotations

from .kills import kills
from .trials import Family

FAMILIES: dict[str, Family] = {
    "kills": kills,
}
