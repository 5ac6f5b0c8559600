"""The lectures as a PowerPoint file: a slide a beat, its film filling the slide."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdlectures.exports.material import LectureMaterial, Slide, check_some, heading, language_of
from gdlectures.exports.shipped import fill
from gdlectures.faults.errors import one_line, unreadable
from gdlectures.films.publishing import write_whole
from gdscenes.kit.type.language import speaking, tr

if TYPE_CHECKING:
    from pptx.dml.color import RGBColor
    from pptx.presentation import Presentation
    from pptx.slide import Slide as Page

_INCH = 914400  # EMU
_LONGEST_PROPERTY = 255
_WIDTH, _HEIGHT = 12192000, 6858000
_TEMPLATE_WIDTH = 9144000
_FONT = "Cambria"
"""Comes with Office on every system, and is near in kind to the films' own."""
_TITLE_SLIDE, _TITLE_ONLY = "Title Slide", "Title Only"

_NAMESPACES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main"'
)
_EXTENDED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties"
_THUMBNAIL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
_PRINTER = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/printerSettings"
_THEME = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/theme"


def write_pptx(lectures: Sequence[LectureMaterial], target: Path, *, title: str | None = None) -> Path:
    """Write one PowerPoint file of one or more lectures.

    Each lecture is a section: a title slide, then a slide a beat. The beat's film fills the slide, starts on
    entering, rests on its last frame and is paused by a click; keys and clickers go on. On paper a slide is
    the picture that its beat ends on: it comes on the film's end, and is hidden until then. The note is the
    speaker's, every picture has its alt text, and every slide has a title that is read aloud and listed in
    the outline but stands above the visible slide, as PowerPoint's own hidden titles do.

    Parameters
    ----------
    lectures : sequence of LectureMaterial
        Their clips and posters are embedded; a clip that occurs twice is stored once.
    target : Path
        Equal lectures give equal bytes.
    title : str, optional
        Title of the file; a lecture's own when left out.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    Fault
        If there is no lecture, or the file cannot be written there.
    """
    check_some(lectures)
    try:
        with speaking(language_of(lectures)):
            content = _package(_deck(lectures, heading(lectures, title)))
    except OSError as error:
        raise unreadable(error, error.filename or target) from None
    return write_whole(target, content)


def _deck(lectures: Sequence[LectureMaterial], title: str) -> Presentation:
    deck = _empty_deck(lectures[0], title)
    sections = []
    for lecture in lectures:
        pages = [_title_page(deck, lecture), *(_beat_page(deck, lecture, slide) for slide in lecture.slides)]
        sections.append((one_line(lecture.title), [page.slide_id for page in pages]))
    _add_sections(deck, sections)
    return deck


def _empty_deck(look: LectureMaterial, title: str) -> Presentation:
    """A deck of no slides, 16:9, in the colours of a lecture."""
    import pptx
    from pptx.opc.oxml import serialize_part_xml
    from pptx.oxml import parse_xml

    deck = pptx.Presentation()
    size = deck.part._element.sldSz
    size.attrib.pop("type")
    size.set("cx", str(_WIDTH))
    size.set("cy", str(_HEIGHT))
    for layout in list(deck.slide_layouts):
        if layout.name not in (_TITLE_SLIDE, _TITLE_ONLY):
            deck.slide_layouts.remove(layout)
    for shape in (shape for page in (deck.slide_master, *deck.slide_layouts) for shape in page.placeholders):
        if shape._element.xpath("p:spPr/a:xfrm"):
            shape.left, shape.width = (
                length * _WIDTH // _TEMPLATE_WIDTH for length in (shape.left, shape.width)
            )
    for part, kind in (
        (deck.part, _PRINTER),
        (deck.part.package, _THUMBNAIL),
        (deck.part.package, _EXTENDED),
    ):
        (found,) = [name for name, each in part._rels.items() if each.reltype == kind]
        part._rels.pop(found)

    theme = deck.slide_master.part.part_related_by(_THEME)
    looks = parse_xml(theme.blob)
    colors = {
        "lt1": look.ground,
        "dk1": look.ink,
        "lt2": look.ground,
        "dk2": look.muted,
        "accent1": look.accent,
    }
    for slot, color in colors.items():
        (place,) = looks.xpath(f"//a:clrScheme/a:{slot}")
        place[:] = [parse_xml(f'<a:srgbClr {_NAMESPACES} val="{_hex(color)}"/>')]
    for font in looks.xpath("//a:majorFont/a:latin | //a:minorFont/a:latin"):
        font.set("typeface", _FONT)
    theme._blob = serialize_part_xml(looks)

    words = deck.core_properties
    words.title = one_line(title)[:_LONGEST_PROPERTY]
    words.author = words.last_modified_by = "gdlectures"
    words.comments, words.language = "", look.language
    for date in words._element.xpath("dcterms:created | dcterms:modified"):
        words._element.remove(date)
    return deck


def _title_page(deck: Presentation, lecture: LectureMaterial) -> Page:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    page = _page(deck, _TITLE_SLIDE, lecture)
    title, about = page.shapes.title, page.placeholders[1]
    _put(title, 0.75, 1.2, 5.2, 2.4)
    _put(about, 0.75, 3.75, 5.2, 2.4)
    title.text_frame.text = one_line(lecture.title)
    about.text_frame.text = (
        f"{one_line(lecture.summary)}\n{tr('Dataset {name}', name=one_line(lecture.dataset))}"
    )
    title.text_frame.vertical_anchor, about.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM, MSO_ANCHOR.TOP
    summary, dataset = about.text_frame.paragraphs
    styles = (
        (title.text_frame.paragraphs[0], 44, lecture.ink),
        (summary, 22, lecture.ink),
        (dataset, 18, lecture.muted),
    )
    for paragraph, size, color in styles:
        paragraph.alignment, paragraph.space_after = PP_ALIGN.LEFT, Pt(12)
        paragraph.font.size, paragraph.font.color.rgb = Pt(size), _rgb(color)
    picture = page.shapes.add_picture(str(lecture.poster), 0, 0)
    tall = 6.5 * lecture.height / lecture.width
    _put(picture, 6.3, 3.75 - tall / 2, 6.5, tall)
    _describe(picture, tr("Poster"), lecture.summary)
    settings = "\n".join(f"{option} {value}  ({help})" for option, value, help in lecture.knobs)
    _note(page, f"{lecture.summary}\n{settings}")
    return page


def _beat_page(deck: Presentation, lecture: LectureMaterial, slide: Slide) -> Page:
    from pptx.oxml import parse_xml

    page = _page(deck, _TITLE_ONLY, lecture)
    title = page.shapes.title
    title.text_frame.text = f"{one_line(lecture.title)}: {one_line(slide.title)}"
    title.left, title.top, title.width, title.height = _INCH, -_INCH, _WIDTH - 2 * _INCH, 3 * _INCH // 4
    scale = min(_WIDTH / lecture.width, _HEIGHT / lecture.height)
    width, height = round(lecture.width * scale), round(lecture.height * scale)
    film = page.shapes.add_movie(
        # as a stream: the path's own name would be pasted into the XML as it is
        io.BytesIO(slide.clip.read_bytes()),
        (_WIDTH - width) // 2,
        (_HEIGHT - height) // 2,
        width,
        height,
        poster_frame_image=str(slide.end if slide.loop else slide.poster),
        mime_type="video/mp4",
    )
    # what plays for ever has no end that could come
    end = None if slide.loop else page.shapes.add_picture(str(slide.end), *_place(film))
    if end is not None:
        end.name = one_line(tr("{title} end", title=slide.title))
        _decorates(end)
    _describe(film, slide.title, slide.alt)
    (old,) = page._element.xpath("p:timing")
    timing = fill(
        "templates/timing.xml",
        film=film.shape_id,
        milliseconds=round(1000 * slide.frames / lecture.fps),
        loops=slide.loop,
        end=end and end.shape_id,
    )
    page._element.replace(old, parse_xml(timing))
    _note(page, slide.note)
    return page


def _page(deck: Presentation, layout: str, lecture: LectureMaterial) -> Page:
    page = deck.slides.add_slide(deck.slide_layouts.get_by_name(layout))
    page.background.fill.solid()
    page.background.fill.fore_color.rgb = _rgb(lecture.ground)
    return page


def _place(shape: Any) -> tuple[int, int, int, int]:
    return shape.left, shape.top, shape.width, shape.height


def _decorates(picture: Any) -> None:
    """Have screen readers pass over a picture: what lies under it has been told."""
    from pptx.oxml import parse_xml

    uri = "{C183D7F6-B498-43B3-948B-1728B52AA6E4}"
    decorative = "http://schemas.microsoft.com/office/drawing/2017/decorative"
    picture._element.nvPicPr.cNvPr.append(
        parse_xml(
            f'<a:extLst {_NAMESPACES}><a:ext uri="{uri}"><adec:decorative xmlns:adec="{decorative}" val="1"/>'
            "</a:ext></a:extLst>"
        )
    )
    picture._element.nvPicPr.cNvPr.set("descr", "")


def _put(shape: Any, *inches: float) -> None:
    shape.left, shape.top, shape.width, shape.height = (round(_INCH * length) for length in inches)


def _describe(picture: Any, name: str, alt: str) -> None:
    picture.name = one_line(name)
    picture._element.nvPicPr.cNvPr.set("descr", one_line(alt))


def _note(page: Page, text: str) -> None:
    notes = page.notes_slide.notes_text_frame
    assert notes is not None, "the template's notes page has a place for notes"
    notes.text = "\n".join(map(one_line, text.splitlines()))


def _rgb(color: str) -> RGBColor:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(_hex(color))


def _hex(color: str) -> str:
    return color.removeprefix("#").upper()


def _add_sections(deck: Presentation, sections: Sequence[tuple[str, Sequence[int]]]) -> None:
    """Name runs of slides, as PowerPoint 2010 and later show them in the list of slides."""
    from pptx.oxml import parse_xml

    uri = "{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"
    extension = parse_xml(f'<p:extLst {_NAMESPACES}><p:ext uri="{uri}"><p14:sectionLst/></p:ext></p:extLst>')
    (listed,) = extension[0]
    for number, (name, slides) in enumerate(sections):
        section = parse_xml(f"<p14:section {_NAMESPACES}><p14:sldIdLst/></p14:section>")
        section.set("name", name)
        section.set("id", f"{{{uuid.uuid5(uuid.NAMESPACE_OID, f'{number} {name}')}}}".upper())
        for slide in slides:
            section[0].append(parse_xml(f'<p14:sldId {_NAMESPACES} id="{slide}"/>'))
        listed.append(section)
    presentation = deck.part._element
    for old in presentation.xpath("p:extLst"):
        presentation.remove(old)
    presentation.append(extension)


def _package(deck: Presentation) -> bytes:
    """The file's bytes, the same each time; films and pictures, packed already, are not packed again."""
    written, packed = io.BytesIO(), io.BytesIO()
    deck.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(packed, "w") as archive:
        for part in parts.infolist():
            entry = zipfile.ZipInfo(part.filename)
            is_text = part.filename.endswith((".xml", ".rels"))
            entry.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, parts.read(part))
    return packed.getvalue()
