"""What is shown and how: steps, pairs, the first token, colours, links."""
import os

from suite import close_to, test


@test
def each_of_a_thousand_sentences_can_be_reached(open_page):
    page = open_page("corpus")
    assert page.text("#number-control span") == "of 1,000"
    page.choose("#sentence-number", 777)
    assert page.texts(".token") == ["sentence", "777", "."]
    page.one("#next-sentence").click()
    assert page.texts(".token")[1] == "778" and page.address()["sentence"] == "778"
    page.choose("#sentence", 800)
    assert page.texts(".token")[1] == "801"
    page.press("[", "[")
    assert page.texts(".token")[1] == "799"
    page.choose("#sentence-number", 5000)
    assert page.texts(".token")[1] == "1000" and not page.one("#next-sentence").is_enabled()


@test
def the_step_slider_reveals_the_rows_of_a_generation(open_page):
    page = open_page("generation")
    assert len(page.table()) == 40 * 41 / 2
    for step in (0, 3):
        page.choose("#step", step)
        assert len(page.table()) == (15 + step) * (16 + step) / 2
        assert page.address()["step"] == str(step)
    page.press(".")
    assert page.text("#step-shown").startswith("4 of 25")


@test
def the_step_slider_shows_the_maps_of_training(open_page):
    page = open_page("training", "#layer=1&head=2")
    assert page.text("#step-shown") == "step 200", "the last one at first"
    for frame, name in enumerate(("step 0", "step 100", "step 200")):
        page.choose("#step", frame)
        assert page.text("#step-shown") == name
        assert close_to(page.matrix((8, 8)), page.maps[f"self_{frame}"][1, 2]), name


@test
def a_pair_can_be_looked_at_from_text_to_text(open_page):
    page = open_page("pair")
    a, b = range(0, 6), range(6, 11)
    for pair, queries, keys in (("AA", a, a), ("AB", a, b), ("BA", b, a), ("BB", b, b)):
        page.choose("#pair", pair)
        cells = {(query, key) for query, _, key, _, _ in page.table()}
        assert cells == {(query, key) for query in queries for key in keys}, pair


@test
def the_first_tokens_column_can_be_hidden(open_page):
    page = open_page("few")
    page.one("#hide-first").click()
    assert min(key for _, _, key, _, _ in page.table()) == 1
    assert "column is hidden" in page.text("#map-note")


@test
def the_scale_of_colours_ends_at_one_or_at_the_heads_largest_weight(open_page):
    page = open_page("few", "#layer=0&head=3&hide=first")
    assert page.texts("#legend > span")[1] == "1"
    before = page.picture()
    page.choose("#scale", "head")
    assert close_to(float(page.texts("#legend > span")[1]), page.maps["self_0"][0, 3][:, 1:].max())
    assert page.picture() != before


@test
def true_links_are_marked_and_named_and_can_be_switched_off(open_page):
    page = open_page("measured")
    named = ["subject: verb → its subject's noun", "antecedent: end → any noun"]
    assert page.texts("#legend .link") == named
    pictures = page.picture(), page.picture("#lines-view canvas")
    page.one("#links").click()
    assert not page.texts("#legend .link")
    assert page.picture() != pictures[0] and page.picture("#lines-view canvas") != pictures[1]
    page.open("#sentence=2")
    assert not page.texts("#legend .link"), "this sentence has none"


@test
def masked_cells_have_the_colour_of_paper(open_page):
    page = open_page("few", "#layer=0&head=3")
    masked, attended = page.script("""const canvas = document.querySelector('#map canvas');
      const context = canvas.getContext('2d');
      const at = (x, y) => Array.from(context.getImageData(canvas.width * x, canvas.height * y, 1, 1).data);
      return [at(.9, .1), at(.3, .6)]""")
    assert masked[3] == 0 or masked[:3] == [255, 255, 255], masked
    assert attended[3] == 255 and attended[:3] != [255, 255, 255], attended
