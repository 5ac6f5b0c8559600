"""Beats: the methods of a lecture that are played in their order, each with what the lecturer says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., None])


@dataclass(frozen=True)
class Beat:
    """What is known of a beat before it is played.

    Attributes
    ----------
    name : str
        Of the slide, the chapter and the still.
    note : str
        What the lecturer says.
    cover : bool
        Its still stands for the lecture.
    loop : bool
        It is worth playing over and over where a film is cut into slides.
    """

    name: str
    note: str
    cover: bool = False
    loop: bool = False


def beat(name: str, note: str, *, cover: bool = False, loop: bool = False) -> Callable[[Method], Method]:
    """The method is a beat: a section of the film, a slide and a caption.

        @beat("race", "On one clock the higher rate falls faster.", cover=True)
        def race(self):
            self.advance(self.clock, to=10)
            self.wait(3)

    Parameters
    ----------
    name, note, cover, loop
        See `Beat`.
    """

    def mark(method: Method) -> Method:
        method.beat = Beat(name, note, cover, loop)  # type: ignore[attr-defined]
        return method

    return mark


def beats_of(attributes: Mapping[str, Any]) -> dict[str, Beat]:
    """The beats among the attributes of a class, by the name of their method, in the order written."""
    return {
        attribute: method.beat
        for attribute, method in attributes.items()
        if isinstance(getattr(method, "beat", None), Beat)
    }
