"""The libraries that are installed, held to what the package says it needs."""

from __future__ import annotations

from importlib import metadata

from gdlectures.faults.errors import Exit, Fault


def check_libraries(*extras: str) -> None:
    """Refuse a library that is missing or of a version that this package was not made for.

    Parameters
    ----------
    *extras : str
        Those of the package's extras that are used besides; what is missing of them, who uses it tells.

    Raises
    ------
    Fault
        If there is one: the first, by name.
    """
    from packaging.requirements import Requirement

    try:
        requirements = [Requirement(each) for each in metadata.requires("gdlectures") or ()]
    except metadata.PackageNotFoundError:  # run from its source, where nobody says what it needs
        return
    for requirement in requirements:
        marker, name = requirement.marker, requirement.name
        is_needed = marker is None or marker.evaluate({"extra": ""})
        if is_needed or any(marker.evaluate({"extra": extra}) for extra in extras if marker):
            try:
                version = metadata.version(name)
            except metadata.PackageNotFoundError:
                version = ""
            if version and not requirement.specifier.contains(version, prereleases=True):
                raise _refused(name, version, requirement.specifier)
            if is_needed and not version:
                raise _refused(name, "none", requirement.specifier)


def _refused(name: str, version: str, allowed: object) -> Fault:
    fix = "install what gdlectures needs again, by ./run or pip"
    return Fault(Exit.ENVIRONMENT, name, version, f"version {allowed}", fix)
