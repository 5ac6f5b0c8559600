"""The PDF handout, read back: text, tags, alt texts and pictures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pypdf
import pytest
from PIL import Image

from gdlectures.exports.handout import write_handout
from gdlectures.faults.errors import Exit, Fault

A4_POINTS = (595.28, 841.89)


def changed(lecture, **changes):
    """A lecture whose beats have other values."""
    slides = tuple(dataclasses.replace(slide, **changes) for slide in lecture.slides)
    return dataclasses.replace(lecture, slides=slides)


def text_of(reader):
    """All text, with every run of space or line ends as one space."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def tagged(reader, role):
    """The structure elements of one role, in reading order."""
    found = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, pypdf.generic.ArrayObject):
            for child in node:
                walk(child)
        elif isinstance(node, pypdf.generic.DictionaryObject):
            if node.get("/S") == role:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found


@pytest.fixture
def handout(material, tmp_path):
    return pypdf.PdfReader(write_handout([material()], tmp_path / "handout.pdf"))


class TestPages:
    def test_are_a4_and_upright(self, handout):
        for page in handout.pages:
            assert tuple(page.mediabox)[2:] == pytest.approx(A4_POINTS, abs=0.1)

    def test_say_what_the_lecture_says(self, handout):
        text = text_of(handout)
        said = ("A tiny lecture", "It shows two colours.", "--learning-rate", "0.1", "step multiplier")
        beats = (
            "First",
            "What is said of first.",
            "b = 1.25",
            "Second",
            "What is said of second.",
            "b = 2.25",
        )
        places = [text.index(words) for words in (*said, *beats)]
        assert places == sorted(places)

    def test_a_name_of_no_space_leaves_room_for_what_is_said_of_it(self, material, tmp_path):
        rows = (("--data", f"{'a_name_' * 11}.csv", "342 rows"),)
        reader = pypdf.PdfReader(write_handout([material(knobs=rows)], tmp_path / "handout.pdf"))
        starts = {}
        reader.pages[0].extract_text(
            visitor_text=lambda text, placed, *_: starts.setdefault(text.strip(), placed[4])
        )
        (start,) = (x for text, x in starts.items() if "342" in text)
        assert 200 < start < 350

    def test_show_every_still(self, material, tmp_path):
        lecture = material()
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf"))
        shown = [image.image for page in reader.pages for image in page.images]
        assert len(shown) == len(lecture.slides)
        for image, slide in zip(shown, lecture.slides, strict=True):
            assert np.array_equal(np.asarray(image.convert("RGB")), np.asarray(Image.open(slide.still)))

    def test_every_lecture_begins_a_page(self, material, tmp_path):
        lectures = [material(name, ("only",), title=name.upper()) for name in ("one", "two")]
        reader = pypdf.PdfReader(write_handout(lectures, tmp_path / "handout.pdf"))
        first_lines = [page.extract_text().strip().splitlines()[0] for page in reader.pages]
        assert first_lines == ["ONE", "TWO"]

    def test_have_the_films_fonts_and_no_other(self, handout):
        fonts = {
            font.get_object()["/BaseFont"].partition("+")[2]
            for page in handout.pages
            for font in page["/Resources"]["/Font"].values()
        }
        assert {name.split("-")[0] for name in fonts} <= {"NewCM10", "NewCMMath", "DejaVuSansMono"}
        assert len(fonts) >= 3


class TestAccess:
    def test_is_tagged_and_claims_the_standard(self, handout):
        root = handout.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"].value is True
        assert root["/StructTreeRoot"]["/K"]
        assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()

    def test_has_title_and_language(self, material, tmp_path):
        lectures = [material("one"), material("two", title="Another")]
        own = pypdf.PdfReader(write_handout(lectures, tmp_path / "a.pdf"))
        given = pypdf.PdfReader(write_handout(lectures, tmp_path / "b.pdf", title="My course"))
        assert (own.metadata.title, given.metadata.title) == ("Lectures", "My course")
        assert own.trailer["/Root"]["/Lang"] == "en"
        german = pypdf.PdfReader(write_handout([material("three", language="de")], tmp_path / "c.pdf"))
        assert german.trailer["/Root"]["/Lang"] == "de"
        assert own.trailer["/Root"]["/ViewerPreferences"]["/DisplayDocTitle"].value is True

    def test_pictures_have_their_alt_text(self, handout):
        assert [figure["/Alt"] for figure in tagged(handout, "/Figure")] == [
            "A picture of first.",
            "A picture of second.",
        ]

    def test_headings_are_lectures_and_beats(self, handout):
        assert len(tagged(handout, "/H1")) == 1
        assert len(tagged(handout, "/H2")) == 2
        assert [line.title for line in handout.outline if not isinstance(line, list)] == ["A tiny lecture"]

    @pytest.mark.parametrize(
        ("formula", "spoken"),
        [
            ("$yhat = bias + weight thin x$", "y hat = b + w x"),
            ('$slope("MSE", bias)$', "the partial derivative of MSE by b"),
            ('$mark("loss.first", e_i) = yhat_i - y_i$', "(e_i) = y hat_i - y_i"),
            ('$loss("MSE") = display(1/n sum_i (yhat_i - y_i)^2)$', "MSE = (1/n sum_i (y hat_i - y_i)^2)"),
        ],
    )
    def test_formulas_are_set_and_can_be_read_aloud(self, material, tmp_path, formula, spoken):
        lecture = changed(material(beats=("only",)), formulas=(formula,))
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf"))
        alts = [element.get("/Alt") for element in tagged(reader, "/Formula")]
        assert set(alts) == {spoken}

    def test_names_and_pieces_are_no_formulas(self, material, tmp_path):
        pieces = (
            "$= 2$",
            "$b =$",
            "$Delta weight$",
            '#loss("MSE")$\\($',
            "$- thick eta$",
            '$loss("MSE")$',
            "$eta < 2 \\/$",
        )
        lecture = changed(material(), formulas=(*pieces, "$x = 1$"))
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf"))
        assert [element["/Alt"] for element in tagged(reader, "/Formula")] == ["x = 1"]

    def test_a_formula_in_two_pieces_is_joined(self, material, tmp_path):
        lecture = changed(material(beats=("only",)), formulas=('$slope("MSE", bias)$', "$= e/2$", "$= 3/2$"))
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf"))
        (spoken,) = {element["/Alt"] for element in tagged(reader, "/Formula")}
        assert spoken == "the partial derivative of MSE by b = e/2"

    def test_a_formula_is_set_in_the_beat_that_brings_it(self, material, tmp_path):
        lecture = material()
        first, second = lecture.slides
        second = dataclasses.replace(second, formulas=("$x = 1$", *first.formulas))
        reader = pypdf.PdfReader(
            write_handout([dataclasses.replace(lecture, slides=(first, second))], tmp_path / "handout.pdf")
        )
        assert [e["/Alt"] for e in tagged(reader, "/Formula")] == ["y hat = b + w x", "x = 1"]

    def test_hyphens_before_numbers_become_minus_signs(self, material, tmp_path):
        lecture = changed(material(), numbers=("-1.5", "b = -.2", "1e-5", "step-3"))
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf"))
        assert "On the picture: −1.5, b = −.2, 1e-5, step-3" in text_of(reader)


class TestText:
    @pytest.mark.parametrize(
        "words", ["#panic()", "<script>alert(1)</script>", '$x^2$ *bold* "]; #sys', "= a"]
    )
    def test_of_a_user_stays_text(self, material, tmp_path, words):
        lecture = changed(
            material(title=words, summary=words, knobs=((words, words, words),)),
            title=words,
            note=words,
            alt=words,
            numbers=(words,),
        )
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf", title=words))
        squeezed = text_of(reader).replace("”", '"').replace(" ", "")
        # title, summary, a row of three settings, three places in each of two beats, two foot lines
        assert squeezed.count(words.replace(" ", "")) == 13
        assert reader.metadata.title == words
        assert {figure["/Alt"] for figure in tagged(reader, "/Figure")} == {words}

    def test_control_characters_are_shown(self, material, tmp_path):
        lecture = changed(material(), note="a\x00b \x1b[31m \u202ec")
        reader = pypdf.PdfReader(write_handout([lecture], tmp_path / "handout.pdf"))
        assert r"a\x00b \x1b[31m \u202ec" in text_of(reader)

    def test_of_a_script_without_a_glyph_is_no_failure(self, material, tmp_path):
        reader = pypdf.PdfReader(
            write_handout([material(title="\u4e2d\U0010fffd")], tmp_path / "handout.pdf")
        )
        assert reader.metadata.title == "\u4e2d\\U0010fffd"
        assert "It shows two colours." in text_of(reader)
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"].value is True


def test_equal_lectures_give_equal_bytes(material, tmp_path):
    lecture = material()
    one, two = (write_handout([lecture], tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf"))
    assert one == two
    assert pypdf.PdfReader(tmp_path / "a.pdf").metadata.creation_date is None


class TestFaults:
    def test_no_lecture(self, tmp_path):
        with pytest.raises(Fault) as fault:
            write_handout([], tmp_path / "handout.pdf")
        assert fault.value.exit_code is Exit.USAGE

    def test_formula_that_cannot_be_set_leaves_the_old_file(self, material, tmp_path):
        target = write_handout([material("one")], tmp_path / "handout.pdf")
        before = target.read_bytes()
        with pytest.raises(Fault, match="unknown variable: unheard") as fault:
            write_handout([changed(material("two"), formulas=("$unheard = 1$",))], target)
        assert fault.value.exit_code is Exit.SCENE
        assert target.read_bytes() == before
        assert not [path.name for path in tmp_path.iterdir() if "rendering" in path.name]

    def test_picture_that_cannot_be_read(self, material, tmp_path):
        lecture = material()
        lecture.slides[1].still.unlink()
        with pytest.raises(Fault, match=r"second\.png: got No such file") as fault:
            write_handout([lecture], tmp_path / "handout.pdf")
        assert fault.value.exit_code is Exit.ENVIRONMENT

    def test_formula_sees_no_file_but_the_pictures(self, material, tmp_path):
        (tmp_path / "secret.txt").write_text("secret")
        formula = f'#read("/../{tmp_path}/secret.txt")'
        with pytest.raises(Fault):
            write_handout([changed(material(), formulas=(formula,))], tmp_path / "handout.pdf")
