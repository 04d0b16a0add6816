"""Pointing, locking, the keyboard, names for screen readers."""
import os

from browser import Keys, numpy
from suite import test


@test
def a_token_that_is_pointed_at_shows_its_row_and_column(open_page):
    page = open_page("few")
    point = ("document.querySelector(arguments[0])"
             ".dispatchEvent(new PointerEvent(arguments[1], {bubbles: true}))")
    page.script(point, ".token[data-index='4']", "pointerover")
    assert page.texts("#readout caption") == ["the 4 attends to", "the 4 is attended to by"]
    page.script(point, ".token[data-index='4']", "click")
    page.script(point, ".token[data-index='7']", "pointerover")
    assert page.texts("#readout caption")[0] == "the 4 attends to", "it is locked"
    page.press(Keys.ESCAPE)
    assert "largest weights" in page.text("#readout caption")
    page.script(point, ".token[data-index='7']", "pointerover")
    assert page.texts("#readout caption")[0] == "it 7 attends to"


@test
def a_second_click_lets_go(open_page):
    page = open_page("few")
    token = page.one(".token[data-index='3']")
    token.click()
    assert page.locked() == (3, 3)
    token.click()
    assert "lock" not in page.address()


@test
def all_can_be_done_by_keyboard(open_page):
    page = open_page("few")
    page.press("g", Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ENTER)
    assert page.text("#map-title") == "layer 1, head 2"
    page.press("m", Keys.ARROW_DOWN, *[Keys.ARROW_DOWN] * 3, Keys.ARROW_RIGHT, Keys.ENTER)
    assert page.locked() == (3, 1)
    page.press(Keys.ARROW_LEFT)
    assert page.locked() == (3, 0), "what is locked moves with the keys"
    page.press(Keys.ESCAPE, "w", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ENTER)
    assert page.locked() == (2, 2)
    page.press("f", "c", "?")
    assert page.one("#hide-first").is_selected() and page.address()["scale"] == "head"
    assert page.one("#keys").is_displayed() and "Escape" in page.texts("#key-list kbd")
    page.press(Keys.ESCAPE)
    assert not page.one("#keys").is_displayed()


@test
def screen_readers_hear_the_strongest_keys(open_page):
    page = open_page("few", "#layer=0&head=0")
    stored = numpy.round(255 * page.maps["self_0"][0, 0]) / 255
    page.press("w", *[Keys.ARROW_RIGHT] * 5)
    page.browser.wait("the live region", lambda: "mat" in page.text("#live"))
    assert f"query mat, position 5, attends to the {stored[5, 4]:.3f}" in page.text("#live"), page.text("#live")


@test
def every_control_has_a_name(open_page):
    for name in ("measured", "pair", "generation"):
        page = open_page(name)
        for element in page.all("button, select, input, [tabindex='0']"):
            if element.is_displayed():
                assert element.accessible_name, element.get_attribute("outerHTML")
