"""A kept picture is the picture that drawing everything anew makes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manim import (
    ORIGIN,
    Camera,
    CapStyleType,
    Circle,
    Dot,
    FadeIn,
    FadeOut,
    Group,
    ImageMobject,
    Line,
    LineJointType,
    Mobject,
    PMobject,
    Rotate,
    Scene,
    Square,
    Succession,
    Transform,
    VGroup,
    VMobject,
)

from gdscenes.kit.canvas.tiles import Tiles
from gdscenes.kit.manim_seam import CanvasCamera, CanvasScene, hand_frames_to


def zigzag():
    """An open line whose corners are sharp."""
    return VMobject(stroke_width=9).set_points_as_corners([[-3, 0, 0], [3, 0.2, 0], [-3, 0.4, 0], [2, 2, 0]])


def two_parts():
    """A ring, beside a triangle that is closed but for a rounding."""
    ring = VMobject(fill_opacity=0.7).set_points(Circle(1.5).points)
    ring.append_points(Circle(0.8).points[::-1])
    corners = [[2, 0, 0], [3, 0, 0], [2.5, 1, 0], [2, 1e-8, 0]]
    return ring.append_points(VMobject().set_points_as_corners(corners).points)


def broken():
    """An outline with a point that is nowhere."""
    square = Square(fill_opacity=1)
    square.points[3] = np.nan
    return square


KINDS = {
    "disc": lambda: Circle(1.2, stroke_width=0, fill_opacity=1),
    "glass": lambda: Square(3, stroke_width=6, fill_opacity=0.4).set_stroke(opacity=0.5),
    "line": lambda: Line([-6, -3, 0], [5, 3.5, 0], stroke_width=3),
    "long line": lambda: Line([-40, 1, 0], [40, 1.3, 0], stroke_width=2),
    "zigzag": zigzag,
    "two parts": two_parts,
    "gradient": lambda: (
        Square(2, fill_opacity=1).set_fill(["#ff0000", "#0000ff"]).set_sheen_direction([1, 0, 0])
    ),
    "outlined": lambda: Circle(0.9, fill_opacity=1).set_stroke("#00ff00", 12, background=True),
    "bevelled": lambda: Square(1.5, stroke_width=14, joint_type=LineJointType.BEVEL).set_cap_style(
        CapStyleType.ROUND
    ),
    "unseen": lambda: Square(stroke_width=0, fill_opacity=0),
    "broken": broken,
    "cloud": lambda: PMobject(stroke_width=3).add_points(np.random.default_rng(1).uniform(-3, 3, (40, 3))),
    "photo": lambda: ImageMobject(np.full((4, 4, 4), [200, 30, 60, 120], np.uint8)).scale_to_fit_height(1.5),
}


COLORS = ("#ff4040", "#40ff40", "#4040ff", "#ffffff", "#000000")
places = st.integers(0, 7)
coordinates = st.floats(-3, 3).map(lambda x: round(x, 3))
shares = st.sampled_from([0.0, 0.02, 0.5, 1.0])

additions = st.tuples(st.just("add"), st.sampled_from(sorted(KINDS)), coordinates, coordinates)
changes = st.one_of(
    additions,
    st.tuples(st.just("remove"), places),
    st.tuples(st.just("to the front"), places),
    st.tuples(st.just("into a group"), places, places),
    st.tuples(st.just("in a group too"), places),
    st.tuples(st.just("shift"), places, coordinates, coordinates),
    st.tuples(st.just("turn"), places, coordinates),
    st.tuples(st.just("move one point"), places, coordinates),
    st.tuples(st.just("color"), places, st.sampled_from(COLORS), shares),
    st.tuples(st.just("fade"), places, shares),
    st.tuples(st.just("width"), places, st.sampled_from([0, 1, 8])),
    st.tuples(st.just("layer"), places, st.integers(-1, 2)),
    st.tuples(st.just("nothing")),
)


def change(mobjects, what, *how):
    """One change to the mobjects of a scene, in place."""
    if what == "add":
        kind, x, y = how
        mobjects.append(KINDS[kind]().shift([x, y / 2, 0]))
        return
    if not mobjects or what == "nothing":
        return
    index = how[0] % len(mobjects)
    mobject = mobjects[index]
    is_outline = isinstance(mobject, VMobject)
    if what == "remove":
        del mobjects[index]
    elif what == "to the front":
        mobjects.append(mobjects.pop(index))
    elif what == "into a group":
        other = mobjects[how[1] % len(mobjects)]
        if other is not mobject:
            mobjects.remove(other)
            mobjects[mobjects.index(mobject)] = Group(mobject, other)
    elif what == "in a group too":
        mobjects.append(Group(mobject))
    elif what == "shift":
        mobject.shift([how[1], how[2] / 2, 0])
    elif what == "turn":
        mobject.rotate(how[1], about_point=ORIGIN)  # Manim cannot draw a photo turned about nowhere
    elif what == "move one point" and is_outline:
        mobject.points[len(mobject.points) // 2, 0] += how[1]
    elif what == "color" and is_outline:
        mobject.set_fill(how[1], how[2])
    elif what == "fade" and is_outline:
        mobject.set_opacity(how[1])
    elif what == "width" and is_outline:
        mobject.set_stroke(width=how[1])
    elif what == "layer":
        mobject.set_z_index(how[1])


def anew(mobjects):
    """The picture that Manim's own camera makes of mobjects."""
    camera = Camera()
    camera.capture_mobjects(mobjects)
    return camera.pixel_array


def apart(a, b):
    """The largest difference of a channel."""
    return int(np.abs(a.astype(int) - b).max())


@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")  # Manim's images
@settings(max_examples=30)
@given(
    st.lists(additions, min_size=4, max_size=10),
    st.lists(st.lists(changes, max_size=2), min_size=4, max_size=8),
)
def test_random_scenes_look_as_drawn_anew_by_manim(at_first, then):
    camera, mobjects = CanvasCamera(), []
    for frame in (at_first, [], *then):
        for each in frame:
            change(mobjects, *each)
        camera.reset()
        camera.capture_mobjects(mobjects)
        assert apart(camera.pixel_array, anew(mobjects)) <= 1


@pytest.mark.parametrize("place", [[0.13, 0.07, 0], [6.3, 0, 0], [0, -3.4, 0]])
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"cloud", "photo"}))
@pytest.mark.parametrize("opacity", [0.4, 1])
def test_what_is_drawn_again_is_what_was_drawn_at_first(kind, place, opacity):
    ground, above = Square(9, stroke_width=0), KINDS[kind]().set_opacity(opacity).shift(place)
    kept = CanvasCamera()
    for color in COLORS:
        ground.set_fill(color, 1)
        pictures = []
        for camera in (kept, CanvasCamera()):
            camera.reset()
            camera.capture_mobjects([ground, above])
            pictures.append(camera.pixel_array)
        assert apart(*pictures) == 0


def test_what_is_drawn_without_a_reset_lies_over_what_is_there():
    below, above = KINDS["disc"](), KINDS["glass"]()
    camera = CanvasCamera()
    for _ in range(3):
        camera.reset()
        camera.capture_mobjects([below])
        camera.capture_mobjects([above])
        assert apart(camera.pixel_array, anew([below, above])) <= 1


def test_whoever_writes_into_the_picture_is_drawn_over():
    mobjects, camera = [KINDS["disc"]()], CanvasCamera()
    camera.capture_mobjects(mobjects)
    camera.set_pixel_array(np.full_like(camera.pixel_array, 77))
    camera.reset()
    camera.capture_mobjects(mobjects)
    assert apart(camera.pixel_array, anew(mobjects)) <= 1


def test_another_ground_is_a_new_picture():
    mobjects, camera = [KINDS["glass"]()], CanvasCamera()
    camera.capture_mobjects(mobjects)
    camera.background_color = "#335577"
    other = Camera(background_color="#335577")
    other.capture_mobjects(mobjects)
    camera.reset()
    camera.capture_mobjects(mobjects)
    assert apart(camera.pixel_array, other.pixel_array) <= 1


def test_a_scene_of_manims_animations_is_the_film_that_manim_makes():
    def film(scene_class):
        class Told(scene_class):
            def construct(self):
                low, high = KINDS["disc"](), KINDS["glass"]().shift([1, 0, 0])
                text = VGroup(*(Square(0.3, fill_opacity=1).shift([k, 2, 0]) for k in range(-4, 5)))
                self.add(low, text)
                self.play(FadeIn(high), text.animate.shift([0, -1, 0]), run_time=0.4)
                self.play(Rotate(low, 1), high.animate.set_z_index(-1), run_time=0.3)
                self.wait(0.2)
                self.play(FadeOut(text[2]), run_time=0.3)
                self.play(
                    FadeIn(KINDS["zigzag"](), lag_ratio=0.5, scale=0.5), FadeOut(low, text), run_time=0.4
                )
                self.play(Succession(FadeIn(low), FadeOut(low)), run_time=0.4)
                self.play(Transform(high, KINDS["gradient"](), path_arc=1), run_time=0.3)

        frames = []

        class Kept:
            def put(self, pixels, repeat, opens):
                frames.append(np.array(pixels))

            def finish(self):
                """Nothing is written."""

        scene = Told()
        hand_frames_to(scene, [Kept()])
        scene.render()
        return frames

    ours, manims = film(CanvasScene), film(Scene)
    assert len(ours) == len(manims) >= 11
    assert max(map(apart, ours, manims)) <= 1


@pytest.mark.parametrize("animation", [FadeIn, FadeOut, lambda disc: disc.animate.set_opacity(0.3)])
def test_what_only_fades_keeps_its_points(animation):
    disc, seen = KINDS["disc"]().shift([0.1, 0.7, 0]), []
    where = disc.points.tobytes()

    class Watched(CanvasScene):
        def construct(self):
            self.play(animation(disc), run_time=0.5)

    class Watch:
        def put(self, pixels, repeat, opens):
            seen.append((disc.points.tobytes(), float(disc.get_fill_opacity())))

        def finish(self):
            """Nothing is written."""

    scene = Watched()
    hand_frames_to(scene, [Watch()])
    scene.render()
    assert {points for points, _ in seen} == {where}
    assert len({opacity for _, opacity in seen}) > 3


@given(st.lists(st.tuples(*[st.floats(-100, 1500)] * 4), max_size=6))
def test_boxes_of_tiles_cover_what_was_asked_for_and_each_pixel_once(asked):
    width, height = 1000, 530
    tiles, joined = Tiles(width, height), 0
    wanted = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in asked:
        (left, right), (top, bottom) = sorted((x0, x1)), sorted((y0, y1))
        joined |= tiles.of(left, top, right, bottom)
        wanted[max(int(top), 0) : max(int(bottom), 0), max(int(left), 0) : max(int(right), 0)] = True
    counts = np.zeros((height, width), int)
    for left, top, right, bottom in tiles.boxes(joined):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        counts[top:bottom, left:right] += 1
    assert counts.max(initial=0) <= 1
    assert (counts[wanted] == 1).all()


def test_who_is_on_the_screen_is_who_manim_finds():
    """Each once, though it stands in two groups, in the order of Manim: the last time, and by layers."""
    shared, above = Square(), Circle().set_z_index(2)
    scene = CanvasScene()
    scene.mobjects = [VGroup(shared, VGroup(above)), Dot(), VGroup(Square(), shared), Mobject()]
    assert scene.get_mobject_family_members() == Scene.get_mobject_family_members(scene)
