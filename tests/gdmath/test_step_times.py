"""The times that are kept in the package: what a lecture says of them is true of the file as it stands."""

from __future__ import annotations

import datetime

from gdmath.step_times import StepTimes, measured_step_times


def test_it_is_said_where_and_when_they_were_measured():
    times = measured_step_times()
    assert times.processor
    assert times.cores >= 1
    assert times.torch[0].isdigit()
    assert times.measured_on <= datetime.date.today()


def test_a_step_by_few_points_takes_as_long_as_one_by_a_single_point_and_one_by_very_many_does_not():
    seconds = measured_step_times().seconds
    assert list(seconds) == sorted(seconds)
    for size in (16, 80, 1_000):
        assert 0.9 < seconds[size] / seconds[1] < 1.1
    assert seconds[1_000_000] > 10 * seconds[1]


def test_the_most_points_for_the_price_of_one_are_the_last_whose_step_is_no_longer():
    seconds = {1: 2.0, 10: 1.9, 100: 2.1, 1_000: 2.2}
    times = StepTimes(seconds, "a machine", 2, "2.13.0", datetime.date(2026, 11, 30))
    assert times.most_for_the_price_of_one() == 100
    assert times.most_for_the_price_of_one(dearer=0.2) == 1_000
    assert times.most_for_the_price_of_one(dearer=0.0) == 10


def test_they_are_read_and_not_measured():
    assert measured_step_times() is measured_step_times()
