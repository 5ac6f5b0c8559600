"""Beats: the methods of a lecture that are played in their order, each with what the lecturer says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from gdscenes.kit.type.language import tr

if TYPE_CHECKING:
    from gdscenes.kit.lecture.story import AnyStory

Method = TypeVar("Method", bound=Callable[..., None])


@dataclass(frozen=True)
class Clause:
    """Words that are said of a story where they are true of it, and others elsewhere; see `claim`."""

    holds: str | Callable[[Any], bool]
    words: str
    otherwise: Said

    def of(self, story: AnyStory) -> str:
        """The words that are true of a story, its numbers filled in."""
        holds = getattr(story, self.holds) if isinstance(self.holds, str) else self.holds(story)
        words = self.words if holds else self.otherwise
        return words.of(story) if isinstance(words, Clause) else tr(words, story=story)


Said: TypeAlias = str | Clause


def claim(holds: str | Callable[[Any], bool], words: str, otherwise: Said = "") -> Clause:
    """Words of a note that claim something of the run, and what is said where it is not so.

        claim("falls_fast_at_first", "The loss falls fast at first, then slowly.", "The loss falls.")
        claim("is_tenfold", "It is ten times as steep.", "It is {story.times_as_steep} times as steep.")

    Parameters
    ----------
    holds : str or callable
        What must be true: the name of a property of the story, or a function of the story.
    words : str
        Said where it is. `gdlectures show` tells these, which knows no story.
    otherwise : str or Clause, optional
        Said where it is not: nothing, other words, or another claim.

    Notes
    -----
    In all words ``{story.name}`` stands for a property of the story; the first ones of a note can have none.
    """
    return Clause(holds, words, otherwise)


@dataclass(frozen=True)
class Beat:
    """What is known of a beat before it is played.

    Attributes
    ----------
    name : str
        Of the slide, the chapter and the still.
    said : tuple of str or Clause
        What the lecturer says, in parts; a plain one is true of every story.
    cover : bool
        Its still stands for the lecture.
    loop : bool
        It is worth playing over and over where a film is cut into slides.
    silence : str
        Why the lecturer says nothing for more than five seconds of it; "" where that is not meant.
    """

    name: str
    said: tuple[Said, ...]
    cover: bool = False
    loop: bool = False
    silence: str = ""

    @property
    def note(self) -> str:
        """What the lecturer says where every claim holds, as with the lecture's own settings."""
        return joined(tr(each.words if isinstance(each, Clause) else each) for each in self.said)

    def note_of(self, story: AnyStory) -> str:
        """What the lecturer says of a story."""
        return joined(each.of(story) if isinstance(each, Clause) else tr(each) for each in self.said)


def joined(parts: Iterable[str]) -> str:
    """Sentences one after the other; empty ones are left out."""
    return " ".join(part for part in parts if part)


def beat(
    name: str, *said: Said, cover: bool = False, loop: bool = False, silence: str = ""
) -> Callable[[Method], Method]:
    """The method is a beat: a section of the film, a slide and a caption.

        @beat("race", "On one clock the higher rate falls faster.", cover=True)
        def race(self):
            self.advance(self.clock, to=10)
            self.wait(3)

    Parameters
    ----------
    name, said, cover, loop, silence
        See `Beat`.
    """

    def mark(method: Method) -> Method:
        method.beat = Beat(name, said, cover, loop, silence)  # type: ignore[attr-defined]
        return method

    return mark


def beats_of(attributes: Mapping[str, Any]) -> dict[str, Beat]:
    """The beats among the attributes of a class, by the name of their method, in the order written."""
    return {
        attribute: method.beat
        for attribute, method in attributes.items()
        if isinstance(getattr(method, "beat", None), Beat)
    }
