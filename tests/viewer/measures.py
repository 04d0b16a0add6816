"""Measures beside the map, the table of heads, its filter."""
import os

from browser import numpy
from suite import test


@test
def measures_stand_beside_the_map_and_in_a_table(open_page):
    page = open_page("measured", "#layer=0&head=0")
    exact = numpy.diagonal(page.maps["self_0"][0, 0], -1).mean()
    assert page.text("#map-role") == "previous"
    assert page.texts("#card tbody tr:first-child > *") == ["previous", f"{exact:.3f}", "0.100"]
    assert "loss, set to zero" in page.texts("#card th") and "loss, set to mean" in page.texts("#card th")
    assert len(page.all("#table tbody tr")) == 8
    assert "mean over q > 0 of A[q, q-1]" in page.texts("#meanings code")
    page.one("#table tbody tr:nth-child(7) button").click()
    assert page.text("#map-title") == "layer 1, head 2"


@test
def the_table_sorts_by_any_measure(open_page):
    page = open_page("measured")
    for column, title in enumerate(page.texts("#table thead button"), 1):
        for order, sign in (("descending", -1), ("ascending", 1)):
            button = page.all("#table thead button")[column - 1]
            assert button.text == title
            page.script("arguments[0].click()", button)
            assert page.all("#table thead th")[column - 1].get_attribute("aria-sort") == order, title
            if column <= 3:
                continue
            cell = page.script("""const at = arguments[0];
              return Array.from(document.querySelectorAll('#table tbody tr'), row => {
                const cells = Array.from(row.children).filter(c => !c.classList.contains('untrained'));
                return cells[at].textContent; })""", column - 1)
            known = [float(value) for value in cell if value != "–"]
            assert known == sorted(known, key=lambda value: sign * value), (title, cell)
            assert "–" not in cell[:len(known)], "what is not defined comes last"


@test
def the_table_and_the_grid_are_filtered(open_page):
    page = open_page("measured")
    page.choose("#role", "broad")
    assert set(page.texts("#table tbody td:nth-child(2)")) == {"broad"}
    page.choose("#role", "")
    page.choose("#where", "zero_rise")
    page.choose("#bound", "0.03")
    assert page.texts("#table tbody th") == ["0.2", "0.3", "1.2", "1.3"]
    assert page.text("#matching") == "4 of 8 heads"
    assert len(page.all("#grid .faded")) == 4
    page.choose("#sign", "≤")
    assert page.texts("#table tbody th") == ["0.0", "0.1", "1.0", "1.1"]


@test
def without_measures_the_page_says_what_makes_them(open_page):
    page = open_page("few")
    assert "heed analyze RUN" in page.text("#card")
    assert not page.one("#measures").is_displayed()
