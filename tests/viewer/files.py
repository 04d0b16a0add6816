"""The address, saved files, odd tokens, the network."""
import os
import xml.dom.minidom

from suite import test


@test
def the_address_holds_the_view_and_back_goes_back(open_page):
    page = open_page("measured")
    page.one("[data-layer='1'][data-head='2']").click()
    page.one("#hide-first").click()
    page.one("#links").click()
    page.choose("#scale", "head")
    page.one(".token[data-index='8']").click()
    page.choose("#where", "previous")
    page.choose("#bound", "0.1")
    page.script("document.querySelectorAll('#table thead button')[3].click()")
    sent = page.script("return location.hash")
    page.one("#next-sentence").click()
    assert page.address()["sentence"] == "2" and page.text("#map-title") == "layer 1, head 2"
    page.driver.back()
    page.browser.wait("the first sentence", lambda: len(page.all(".token")) == 12)
    again = open_page("measured", sent)
    assert again.script("return location.hash") == sent
    assert again.text("#map-title") == "layer 1, head 2" and again.locked() == (8, 8)
    assert again.one("#hide-first").is_selected() and not again.one("#links").is_selected()
    assert again.one("#scale").get_attribute("value") == "head"
    assert again.one("#bound").get_attribute("value") == "0.1"
    assert again.all("#table thead th")[3].get_attribute("aria-sort") == "descending"


@test
def an_address_that_fits_nothing_shows_the_first_head(open_page):
    page = open_page("few", "#sentence=99&kind=cross&layer=7&head=x&lock=400,-9&pair=ZZ&frame=3&where=a+b+c")
    assert page.text("#map-title") == "layer 0, head 0"


@test
def pictures_show_what_is_shown(open_page):
    page = open_page("measured", "#layer=1&head=3&lock=8,4")
    name, png = page.save("#map-png")
    assert name == "sample_1_layer_1_head_3.png" and png.startswith(b"\x89PNG") and len(png) > 5000
    for button, drawn in (("#map-svg", "rect"), ("#lines-svg", "line")):
        name, svg = page.save(button)
        document = xml.dom.minidom.parseString(svg)
        texts = [node.firstChild.data.strip("\u2068\u2069")
                 for node in document.getElementsByTagName("text")]
        assert name.endswith(".svg") and {"cats", "chases", "sleep"} <= set(texts), texts
        assert any("layer 1, head 3" in text for text in texts)
        assert button != "#map-svg" or "subject: verb → its subject's noun" in texts, "links are named"
        assert len(document.getElementsByTagName(drawn)) > 20
    assert page.save("#lines-png")[1].startswith(b"\x89PNG")


@test
def a_picture_of_many_tokens_is_an_image_in_its_svg(open_page):
    page = open_page("many")
    svg = page.save("#map-svg")[1]
    assert len(xml.dom.minidom.parseString(svg).getElementsByTagName("image")) == 1
    assert len(svg) < 1_000_000


@test
def tokens_are_text_whatever_they_hold(open_page):
    page = open_page("odd")
    shown = page.texts(".token")
    markup = ['"double"', "'single'", "<script>alert(1)</script>", "</script>", "<b>", "&amp;"]
    assert shown[:7] == markup + ["👩‍👩‍👧"]
    assert shown[7:15] == ["שלום", "مرحبا", "↵", "⇥", "␣", "∅", "␣word", "a,b"]
    assert shown[15] == "x" * 39 + "…"
    assert page.one(".token[data-index='15']").get_attribute("title") == "x" * 200
    assert shown[16:] == ["naïve", "\\xE2", "{{data}}"]
    assert all(element.tag_name == "bdi" for element in page.all(".token"))
    assert page.texts(".token *") == [] and page.all("img") == []
    assert page.driver.title == "odd" and "<img src=x" in page.text("#sentence option")
    rows = [row for row in page.table() if row[0] == 18]
    assert [row[3] for row in rows[:6]] == markup
    assert [row[3] for row in rows[9:13]] == ["\n", "\t", " ", ""] and rows[15][3] == "x" * 200
    for index in range(19):
        page.open(f"#lock={index},{index}")
        assert len(page.all("#readout .cell bdi")) == 2


@test
def nothing_is_asked_of_any_network(open_page):
    page = open_page("odd")
    page.browser.requests()
    for name in ("measured", "translate", "training", "odd"):
        page = open_page(name)
        page.save("#map-png")
    asked = page.browser.requests()
    assert [url for url in asked if url.endswith("measured.html")], "requests are seen"
    assert all(url.startswith(("file://", "data:", "blob:", "about:")) for url in asked), asked


@test
def what_is_foreign_neither_runs_nor_loads(open_page):
    page = open_page("odd")
    page.script("document.body.insertAdjacentHTML('beforeend', arguments[0])",
                "<img src='https://example.invalid/a.png' onerror='document.title = 1'>"
                "<iframe src='https://example.invalid/'></iframe>")
    page.browser.wait("the policy", lambda: any("Content Security Policy" in text
                                                for text in page.browser.errors()))
    assert page.driver.title == "odd"
    assert "script-src 'sha256-" in page.one("meta[http-equiv]").get_attribute("content")
