"""The PowerPoint file, read back by python-pptx, as XML, and by LibreOffice."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import posixpath
import shutil
import subprocess
import zipfile

import numpy as np
import pypdf
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator
from PIL import Image
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER

from gdlectures.exports.pptx_deck import write_pptx
from gdlectures.faults.errors import Exit, Fault

NAMES = {
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "p14": "http://schemas.microsoft.com/office/powerpoint/2010/main",
    "adec": "http://schemas.microsoft.com/office/drawing/2017/decorative",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
}


def find(element, path):
    return etree.XPath(path, namespaces=NAMES)(element)


def film_of(slide):
    (film,) = [shape for shape in slide.shapes if find(shape._element, ".//a:videoFile")]
    return film


def timing(slide):
    (found,) = find(slide._element, "p:timing")
    return found


@pytest.fixture
def deck(material, tmp_path):
    """A deck of one small lecture, opened."""
    return Presentation(str(write_pptx([material()], tmp_path / "deck.pptx")))


class TestSlides:
    def test_a_title_slide_and_a_slide_a_beat(self, deck):
        titles = [slide.shapes.title.text for slide in deck.slides]
        assert titles == ["A tiny lecture", "A tiny lecture: First", "A tiny lecture: Second"]

    def test_titles_are_placeholders_and_beside_the_film(self, deck):
        for slide in list(deck.slides)[1:]:
            title = slide.shapes.title
            assert title.placeholder_format.type == PP_PLACEHOLDER.TITLE
            assert title.top + title.height <= 0
            assert slide.shapes[0].shape_id == title.shape_id, "read aloud first"

    def test_film_fills_the_slide(self, deck):
        assert deck.slide_width * 9 == deck.slide_height * 16
        assert "type" not in deck.part._element.sldSz.attrib, "the template says 4:3 there"
        film = film_of(deck.slides[1])
        assert (film.left, film.top, film.width, film.height) == (0, 0, deck.slide_width, deck.slide_height)

    def test_film_of_another_shape_keeps_it(self, material, tmp_path):
        deck = Presentation(str(write_pptx([material(width=80, height=90)], tmp_path / "deck.pptx")))
        film = film_of(deck.slides[1])
        assert film.width / film.height == pytest.approx(80 / 90)
        assert film.height == deck.slide_height
        assert film.left == deck.slide_width - film.left - film.width

    def test_ground_is_the_films(self, deck):
        grounds = {str(slide.background.fill.fore_color.rgb) for slide in deck.slides}
        assert grounds == {"0F1117"}

    def test_text_typed_later_has_the_films_colours(self, deck):
        theme = next(
            rel.target_part.blob
            for rel in deck.slide_master.part.rels.values()
            if rel.reltype.endswith("theme")
        )
        colors = find(etree.fromstring(theme), "//a:clrScheme/*[self::a:lt1 or self::a:dk1]/*/@val")
        assert sorted(colors) == ["0F1117", "ECEFF4"]

    def test_media_are_the_clips_byte_for_byte(self, material, tmp_path):
        lecture = material()
        deck = Presentation(str(write_pptx([lecture], tmp_path / "deck.pptx")))
        for slide, beat in zip(list(deck.slides)[1:], lecture.slides, strict=True):
            film = film_of(slide)
            (video,) = find(film._element, ".//a:videoFile/@r:link")
            (media,) = find(film._element, ".//p14:media/@r:embed")
            for related in (video, media):
                part = slide.part.related_part(related)
                assert part.blob == beat.clip.read_bytes()
                assert part.content_type == "video/mp4"
            assert film.poster_frame.blob == beat.poster.read_bytes()

    def test_notes_and_alt_text(self, material, deck):
        slides = list(deck.slides)
        assert slides[0].notes_slide.notes_text_frame.text.startswith("It shows two colours.")
        assert "--learning-rate 0.1" in slides[0].notes_slide.notes_text_frame.text
        assert slides[2].notes_slide.notes_text_frame.text == "What is said of second."
        described = [find(slide._element, ".//p:pic/p:nvPicPr/p:cNvPr/@descr") for slide in slides]
        assert described[0] == ["It shows two colours."]
        assert described[1:] == [["A picture of first.", ""], ["A picture of second.", ""]]
        passed_over = find(slides[1]._element, ".//p:cNvPr[.//adec:decorative[@val='1']]/@name")
        assert passed_over == ["First end"]

    def test_title_of_the_file(self, material, tmp_path):
        lectures = [material("one"), material("two", title="Another")]
        own = Presentation(str(write_pptx(lectures, tmp_path / "a.pptx")))
        given = Presentation(str(write_pptx(lectures, tmp_path / "b.pptx", title="My course")))
        assert own.core_properties.title == "Lectures"
        assert given.core_properties.title == "My course"


class TestTiming:
    def test_film_starts_on_entering(self, deck):
        film = film_of(deck.slides[1])
        effect, _ = find(timing(deck.slides[1]), ".//p:cTn[@nodeType='afterEffect']")
        assert effect.get("presetClass") == "mediacall"
        (command,) = find(effect, ".//p:cmd")
        assert (command.get("type"), command.get("cmd")) == ("call", "playFrom(0.0)")
        assert find(command, ".//p:cTn/@dur") == ["800"], "8 frames at 10 a second"
        assert find(command, ".//p:spTgt/@spid") == [str(film.shape_id)]

    @pytest.mark.parametrize(("loop", "repeat"), [(False, []), (True, ["indefinite"])])
    def test_film_loops_where_it_is_asked_to(self, material, tmp_path, loop, repeat):
        lecture = material()
        lecture = dataclasses.replace(
            lecture, slides=tuple(dataclasses.replace(slide, loop=loop) for slide in lecture.slides)
        )
        deck = Presentation(str(write_pptx([lecture], tmp_path / "deck.pptx")))
        assert find(timing(deck.slides[1]), ".//p:video//p:cTn/@repeatCount") == repeat

    def test_every_target_is_the_film_or_its_end(self, deck):
        for slide in list(deck.slides)[1:]:
            end = slide.shapes[-1]
            assert set(find(timing(slide), ".//p:cmd//p:spTgt/@spid")) == {str(film_of(slide).shape_id)}
            assert find(timing(slide), ".//p:set//p:spTgt/@spid") == [str(end.shape_id)]

    def test_end_lies_on_the_film_and_comes_when_it_is_over(self, material, tmp_path):
        lecture = material()
        deck = Presentation(str(write_pptx([lecture], tmp_path / "deck.pptx")))
        slide, beat = deck.slides[1], lecture.slides[0]
        film, end = film_of(slide), slide.shapes[-1]
        assert end.image.blob == beat.end.read_bytes()
        assert [end.left, end.top, end.width, end.height] == [film.left, film.top, film.width, film.height]
        _, effect = find(timing(slide), ".//p:cTn[@nodeType='afterEffect']")
        assert effect.get("presetClass") == "entr"
        assert find(effect, "../../../p:stCondLst/p:cond/@delay") == ["800"]

    def test_a_beat_that_plays_for_ever_has_its_end_for_a_poster(self, material, tmp_path):
        lecture = material()
        slides = tuple(dataclasses.replace(slide, loop=True) for slide in lecture.slides)
        path = write_pptx([dataclasses.replace(lecture, slides=slides)], tmp_path / "deck.pptx")
        slide = Presentation(str(path)).slides[1]
        assert film_of(slide).poster_frame.blob == slides[0].end.read_bytes()
        assert find(timing(slide), ".//p:set") == []

    def test_nodes_are_numbered_once_and_in_order(self, deck):
        numbers = [int(number) for number in find(timing(deck.slides[1]), ".//p:cTn/@id")]
        assert numbers == list(range(1, 16))
        assert find(timing(deck.slides[1]), ".//p:tn/@val") == ["2"], "it begins with the main sequence"


class TestPackage:
    def test_clip_that_occurs_twice_is_stored_once(self, material, tmp_path):
        lecture = material()
        path = write_pptx([lecture, dataclasses.replace(lecture, title="Again")], tmp_path / "deck.pptx")
        with zipfile.ZipFile(path) as package:
            media = [name for name in package.namelist() if name.startswith("ppt/media/")]
            digests = {hashlib.sha256(package.read(name)).hexdigest() for name in media}
        assert len(media) == len(digests) == 6, "two clips, posters and ends"

    def test_sections_are_the_lectures(self, material, tmp_path):
        path = write_pptx([material("one"), material("two", title="Another")], tmp_path / "deck.pptx")
        presentation = Presentation(str(path)).part._element
        sections = find(presentation, "p:extLst/p:ext/p14:sectionLst/p14:section")
        assert [section.get("name") for section in sections] == ["A tiny lecture", "Another"]
        assert len({section.get("id") for section in sections}) == 2
        listed = [number for section in sections for number in find(section, "p14:sldIdLst/p14:sldId/@id")]
        assert listed == find(presentation, "p:sldIdLst/p:sldId/@id")

    def test_equal_lectures_give_equal_bytes(self, material, tmp_path):
        lecture = material()
        one, two = (write_pptx([lecture], tmp_path / name).read_bytes() for name in ("a.pptx", "b.pptx"))
        assert one == two

    def test_is_valid_open_xml(self, material, tmp_path):
        """By the schemas and rules of Microsoft's own SDK: PowerPoint has nothing to repair."""
        lecture = material()
        slides = (dataclasses.replace(lecture.slides[0], loop=True), *lecture.slides[1:])
        lectures = [dataclasses.replace(lecture, slides=slides), material("two", title="Another")]
        path = write_pptx(lectures, tmp_path / "deck.pptx")
        assert OpenXmlValidator().validate(path).errors == []

    def test_every_part_has_a_type_and_is_reached(self, material, tmp_path):
        path = write_pptx([material()], tmp_path / "deck.pptx")
        with zipfile.ZipFile(path) as package:
            parts = {f"/{name}": package.read(name) for name in package.namelist()}
        types = etree.fromstring(parts.pop("/[Content_Types].xml"))
        known = {each.get("PartName") or each.get("Extension") for each in types}
        reached = set()
        for name, content in parts.items():
            assert name in known or name.rpartition(".")[2] in known
            if name.endswith(".rels"):
                folder = posixpath.dirname(posixpath.dirname(name))
                related = [each.get("Target") for each in etree.fromstring(content)]
                reached |= {posixpath.normpath(posixpath.join(folder, target)) for target in related}
        assert reached == {name for name in parts if not name.endswith(".rels")}


HOSTILE = '<script>alert("1")</script> & #panic() \\x41 \x1b[31m \x00 \u202egnp.exe'


class TestText:
    def test_stays_what_it_is(self, material, tmp_path):
        lecture = material(title=HOSTILE, summary=HOSTILE, dataset=HOSTILE)
        slides = tuple(
            dataclasses.replace(slide, title=HOSTILE, note=HOSTILE, alt=HOSTILE) for slide in lecture.slides
        )
        path = write_pptx(
            [dataclasses.replace(lecture, slides=slides)], tmp_path / "deck.pptx", title=HOSTILE
        )
        deck = Presentation(str(path))
        slide = deck.slides[1]
        alt, _ = find(slide._element, ".//p:pic/p:nvPicPr/p:cNvPr/@descr")
        texts = [deck.core_properties.title, slide.shapes.title.text, alt, deck.slides[0].shapes.title.text]
        for text in [*texts, slide.notes_slide.notes_text_frame.text]:
            assert '<script>alert("1")</script> & #panic()' in text
            assert "\\x1b[31m" in text
            assert all(character.isprintable() for character in text)

    def test_note_of_more_lines_keeps_them(self, material, tmp_path):
        lecture = material(beats=("only",))
        slides = (dataclasses.replace(lecture.slides[0], note="One.\nTwo."),)
        path = write_pptx([dataclasses.replace(lecture, slides=slides)], tmp_path / "deck.pptx")
        assert Presentation(str(path)).slides[1].notes_slide.notes_text_frame.text == "One.\nTwo."


class TestFaults:
    def test_no_lecture(self, tmp_path):
        with pytest.raises(Fault) as fault:
            write_pptx([], tmp_path / "deck.pptx")
        assert fault.value.exit_code is Exit.USAGE

    def test_a_folder_in_its_place(self, material, tmp_path):
        (tmp_path / "deck.pptx").mkdir()
        with pytest.raises(Fault, match="no regular file"):
            write_pptx([material()], tmp_path / "deck.pptx")

    def test_a_lecture_that_breaks_leaves_the_old_file(self, material, tmp_path):
        target = tmp_path / "deck.pptx"
        write_pptx([material("one")], target)
        before = target.read_bytes()
        broken = material("two")
        broken.slides[1].clip.unlink()
        with pytest.raises(Fault, match=r"second\.mp4: got No such file"):
            write_pptx([broken], target)
        assert target.read_bytes() == before
        assert not [path.name for path in tmp_path.iterdir() if "rendering" in path.name]


def test_libreoffice_shows_a_page_a_slide(material, tmp_path):
    """Each page is the picture that its film ends on, from edge to edge."""
    office = shutil.which("soffice")
    if office is None:
        assert not os.environ.get("CI"), "CI installs LibreOffice"
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-impress")
    lecture = material()
    path = write_pptx([lecture], tmp_path / "deck.pptx")
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [
            office,
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            tmp_path,
            path,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    pages = pypdf.PdfReader(tmp_path / "deck.pdf").pages
    assert len(pages) == 1 + len(lecture.slides)
    assert "A tiny lecture" in pages[0].extract_text()
    assert "It shows two colours." in pages[0].extract_text()
    for page, slide in zip(pages[1:], lecture.slides, strict=True):
        operations = page.get_contents().operations
        *_, (name,) = [operands for operands, operator in operations if operator == b"Do"]
        assert np.abs(pixels(page.images[name].image) - pixels(Image.open(slide.end))).max() <= 6
        *_, matrix = [list(map(float, operands)) for operands, operator in operations if operator == b"cm"]
        assert [matrix[0], matrix[3]] == pytest.approx([page.mediabox.width, page.mediabox.height], abs=1)
        assert matrix[4:] == pytest.approx([0, 0], abs=1)


def pixels(image):
    return np.asarray(image.convert("RGB").resize((160, 90)), dtype=float)
