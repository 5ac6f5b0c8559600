"""The families of attacks, in the order of the table."""

from __future__ import annotations

from changed_data import changed_data
from concurrency import concurrency
from corruptions import corruptions
from determinism import determinism
from fuzz import fuzz
from injections import injections
from kills import kills
from refusals import refusals
from surroundings import clock, libraries, memory, network
from trials import Family

FAMILIES: dict[str, Family] = {
    "kills": kills,
    "refusals": refusals,
    "corruptions": corruptions,
    "changed-data": changed_data,
    "concurrency": concurrency,
    "injections": injections,
    "determinism": determinism,
    "network": network,
    "fuzz": fuzz,
    "memory": memory,
    "clock": clock,
    "libraries": libraries,
}
