import dataclasses
import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdscenes.kit.lecture.settings import SettingError, Settings, knob, knobs, shown, with_values


@dataclass(frozen=True)
class Example(Settings):
    rate: float = knob(0.1, "step multiplier", minimum=0.0, open_minimum=True, maximum=2.0)
    shift: float = knob(0.0, "anything finite")
    n_steps: int = knob(10, "updates", minimum=1, maximum=100_000)
    best_rate: float | None = knob(None, "none takes the best", minimum=0.0)
    dataset: str = knob("noise", "what is fitted", choices=("noise", "clean", "wide-noise"))
    note: str = knob("", "any words")
    labels: bool = knob(True, "draw labels")
    rates: tuple[float, float, float] = knob((0.2, 0.8, 1.1), "three rates", minimum=0.0, open_minimum=True)
    pair: tuple[int, int] | None = knob(None, "two counts", minimum=1)
    colors: tuple[str, ...] | None = knob(None, "some", choices=("red", "green", "blue"), several=(2, 3))


KNOBS = {each.name: each for each in knobs(Example)}
HUGE = "9" * 400


def test_knobs_are_read_from_the_class():
    kinds = {"rate": float, "shift": float, "n_steps": int, "best_rate": float, "dataset": str, "note": str}
    kinds |= {"labels": bool, "rates": float, "pair": int, "colors": str}
    assert [(name, each.kind) for name, each in KNOBS.items()] == list(kinds.items())
    assert [name for name, each in KNOBS.items() if each.optional] == ["best_rate", "pair", "colors"]
    lengths = {"rates": 3, "pair": 2, "colors": 3}
    assert {name: each.length for name, each in KNOBS.items() if each.length} == lengths
    assert KNOBS["n_steps"].option == "--n-steps"
    assert (KNOBS["rate"].default, KNOBS["rate"].help) == (0.1, "step multiplier")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rate", "0.5", 0.5),
        ("rate", "2", 2.0),
        ("rate", "1e-300", 1e-300),
        ("shift", "-3e8", -3e8),
        ("n_steps", "1", 1),
        ("n_steps", "100000", 100_000),
        ("best_rate", "none", None),
        ("best_rate", "None", None),
        ("best_rate", "0", 0.0),
        ("dataset", "clean", "clean"),
        ("note", "a b", "a b"),
        ("labels", "True", True),
        ("labels", "false", False),
        ("rates", "0.2,0.8,1.1", (0.2, 0.8, 1.1)),
        ("rates", "1e-9, 2 ,3", (1e-9, 2.0, 3.0)),
        ("pair", "3,4", (3, 4)),
        ("pair", "none", None),
        ("colors", "red,blue", ("red", "blue")),
        ("colors", "blue, red,green", ("blue", "red", "green")),
        ("colors", "none", None),
    ],
)
def test_parse(name, text, value):
    parsed = KNOBS[name].parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("rate", text) for text in ("nan", "inf", "-inf", "Infinity", "0", "-0.0", "-1", "2.1", "1e400")),
        *(("rate", text) for text in ("1_0", "0x10", "0,5", "", " ", "none", "true", "1e", "٠.٥", "½", "１")),
        *(("shift", text) for text in ("nan", "inf", "1e309", "-1e309")),
        *(("n_steps", text) for text in ("0", "-1", "1.5", "1.0", "1e3", "100001", "1_000", "0x10", "nan")),
        *(("n_steps", text) for text in ("", "ten", "٣", "²", "9" * 5000)),
        pytest.param("n_steps", HUGE, id="n_steps-huge"),
        *(("best_rate", text) for text in ("-0.1", "nan", "auto")),
        *(("dataset", text) for text in ("Noise", "nois", "", "none", "a\x1b[31m")),
        *(("labels", text) for text in ("yes", "1", "0", "", "none")),
        *(("rates", text) for text in ("", "0.2", "0.2,0.8", "0.2,0.8,1.1,2", "0.2,,1.1", "0.2;0.8;1.1")),
        *(("rates", text) for text in ("0.2,nan,1.1", "0.2,0.8,inf", "0,0.8,1.1", "-1,0.8,1.1", "none")),
        *(("rates", text) for text in ("0.2,none,1.1", "a,b,c", "(0.2,0.8,1.1)", "0.2,0.8,1_0", "1e400,1,2")),
        *(("pair", text) for text in ("1.5,2", "0,1", "none,none")),
        *(("colors", text) for text in ("red", "", "red,red", "red,pink", "red,blue,green,red", "red,none")),
    ],
)
def test_parse_refuses(name, text):
    with pytest.raises(SettingError) as caught:
        KNOBS[name].parse(text)
    assert caught.value.where == KNOBS[name].option
    assert caught.value.allowed == KNOBS[name].limits


@pytest.mark.parametrize(("name", "text"), [("rate", "1e400"), ("rate", "-1"), ("n_steps", "000")])
def test_a_refused_word_is_quoted_as_it_was_typed(name, text):
    with pytest.raises(SettingError) as caught:
        KNOBS[name].parse(text)
    assert caught.value.got == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", True),
        ("rate", "0.1"),
        ("rate", None),
        ("rate", math.nan),
        ("rate", 1j),
        ("n_steps", 5.0),
        ("n_steps", True),
        ("n_steps", "5"),
        ("n_steps", None),
        ("labels", 1),
        ("labels", None),
        ("dataset", 3),
        ("dataset", b"noise"),
        ("note", None),
        ("rates", None),
        ("rates", 0.2),
        ("rates", "0.2,0.8,1.1"),
        ("rates", (0.2, 0.8)),
        ("rates", (0.2, 0.8, "1.1")),
        ("rates", (0.2, 0.8, math.nan)),
        ("rates", (0.2, 0.8, True)),
        ("rates", {0.2, 0.8, 1.1}),
        ("pair", (1.0, 2.0)),
        *(pytest.param(name, int(HUGE), id=f"{name}-huge") for name in ("n_steps", "shift")),
    ],
)
def test_a_value_of_the_wrong_type_or_size_is_refused(name, value):
    with pytest.raises(SettingError, match=KNOBS[name].option):
        Example(**{name: value})


def test_an_int_is_widened_where_a_float_is_wanted():
    settings = Example(rate=1, best_rate=2)
    assert (settings.rate, type(settings.rate), type(settings.best_rate)) == (1.0, float, float)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("rate", "a number above 0 up to 2"),
        ("shift", "a number"),
        ("n_steps", "a whole number from 1 up to 100000"),
        ("dataset", "noise, clean, wide-noise"),
        ("labels", "true, false"),
        ("best_rate", "a number from 0, or none"),
        ("note", "text"),
        ("rates", "3 numbers, a comma between two, above 0"),
        ("pair", "2 whole numbers, a comma between two, from 1, or none"),
    ],
)
def test_limits_in_words(name, limits):
    assert KNOBS[name].limits == limits


def test_several_numbers_are_a_tuple_of_their_kind():
    settings = Example(rates=[1, 2.5, 3], pair=[3, 4])
    assert (settings.rates, settings.pair) == ((1.0, 2.5, 3.0), (3, 4))
    assert [type(each) for each in settings.rates] == [float] * 3
    assert hash(settings) == hash(Example(rates=(1.0, 2.5, 3.0), pair=(3, 4)))


def test_the_message_says_where_what_allowed_and_what_to_do():
    with pytest.raises(SettingError) as caught:
        Example(n_steps=0)
    assert str(caught.value) == (
        "--n-steps: got 0; allowed a whole number from 1 up to 100000; fix: give --n-steps such a value"
    )
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("given_name", "near"), [("nois", "noise"), ("claen", "clean"), ("widenoise", "wide-noise")]
)
def test_the_nearest_choice_is_offered(given_name, near):
    with pytest.raises(SettingError, match=rf"fix: did you mean {near}\?$"):
        KNOBS["dataset"].parse(given_name)


def test_an_unknown_knob_is_named_with_the_nearest():
    with pytest.raises(SettingError, match=r"got nsteps; allowed .*n_steps.*; fix: did you mean n_steps\?"):
        with_values(Example(), {"nsteps": 5})
    with pytest.raises(SettingError, match="fix: see gdlectures show"):
        with_values(Example(), {"zzz\n": 5})


def test_with_values_changes_only_these_and_checks_them():
    assert with_values(Example(n_steps=7), {"rate": 1}) == Example(n_steps=7, rate=1.0)
    with pytest.raises(SettingError, match="--rate"):
        with_values(Example(), {"rate": -1.0})


def test_settings_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Example().rate = 3.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb\x00\x1b[31m", r"a\nb\x00\x1b[31m"),
        ("\u202eabc\ud800", r"\u202eabc\ud800"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("\n" * 50, r"\n" * 39 + "\\…"),
        (3.5, "3.5"),
        ("é", "é"),
        ([1, "a"], "[1, 'a']"),
    ],
)
def test_a_value_is_quoted_on_one_short_line(value, text):
    assert shown(value) == text


@given(st.text(max_size=300))
def test_a_message_is_one_printable_line(text):
    message = str(SettingError("--note", text, "text", "shorten it"))
    assert message.isprintable()
    assert len(shown(text)) <= 80


@given(
    st.floats(0, 2, exclude_min=True), st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 10**5)
)
def test_numbers_survive_the_command_line(rate, shift, n_steps):
    for name, value in {"rate": rate, "shift": shift, "best_rate": rate, "n_steps": n_steps}.items():
        assert KNOBS[name].parse(str(value)) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", True),
        ("labels", False),
        ("best_rate", None),
        ("note", "a, b = c"),
        ("dataset", "wide-noise"),
    ],
)
def test_other_values_survive_the_command_line(name, value):
    assert KNOBS[name].parse(str(value)) == value


@pytest.mark.parametrize(
    ("text", "fix"), [("red,gren", "did you mean green?"), ("red,red", "name each of them once")]
)
def test_one_of_several_choices_that_is_wrong_is_mended(text, fix):
    with pytest.raises(SettingError) as caught:
        KNOBS["colors"].parse(text)
    assert (caught.value.got, caught.value.fix) == (text, fix)
    assert caught.value.allowed == "2 to 3 of red, green, blue, a comma between two"
