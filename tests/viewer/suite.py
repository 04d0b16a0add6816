"""The tests of the page: functions that are given open_page(name, address)."""
from browser import numpy

ROUNDING = 0.5 / 255 + 0.0005 + 1e-9  # of the stored bytes, and of three decimals

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def close_to(shown, exact, tolerance=ROUNDING):
    return numpy.nanmax(numpy.abs(shown - exact)) <= tolerance


def lower(size):
    return numpy.tril(numpy.ones((size, size), bool))
