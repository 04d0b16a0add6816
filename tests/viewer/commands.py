"""Pages that heed's commands leave, against the arrays beside them."""
from browser import numpy
from suite import close_to, lower, test

ODD_WORDS = ["<script>alert(1)</script>", "</script>", "\"quoted\"", "&amp;", "שלום", "🙂", "x" * 200, "plain"]


@test
def what_attend_leaves_is_what_its_archive_holds(open_page):
    page = open_page("attend", "#layer=1&head=1")
    assert list(page.maps["tokens"]) == ODD_WORDS
    exact = page.maps["attn"][1, 0, 1]
    shown = page.matrix(exact.shape)
    assert (~numpy.isnan(shown) == lower(len(ODD_WORDS))).all()
    assert close_to(shown, exact)
    assert [row[1] for row in page.table() if row[2] == 0] == ODD_WORDS, "tokens are text"
    assert not page.all("#text script, #map script, #readout script")


@test
def what_generate_leaves_can_be_followed_step_by_step(open_page):
    page = open_page("generate", "#layer=0&head=0")
    prompt, count = int(page.maps["prompt"]), len(page.maps["tokens"])
    page.choose("#step", 1)
    rows = {row[0] for row in page.table()}
    assert rows == set(range(prompt + 1)), "the prompt's rows and one more"
    page.choose("#step", count - prompt)
    assert close_to(page.matrix((count, count)), page.maps["attn"][0, 0, 0])


@test
def what_analyze_leaves_shows_words_measures_costs_and_training(open_page):
    page = open_page("analyze", "#layer=1&head=0")
    assert page.text("#map-role").strip(" ·")
    card = page.text("#card")
    for name in ("previous token", "induction", "loss increase, set to zero", "loss increase, set to mean"):
        assert name in card, name
    page.open("#sentence=5")
    assert page.text("#step-shown") == "step 2", "of the training, its last maps at first"
    page.choose("#step", 0)
    assert page.text("#step-shown") == "step 0"
