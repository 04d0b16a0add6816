"""What the page shows against the maps that it was made of."""
import os

from browser import numpy
from suite import ROUNDING, close_to, lower, test


@test
def saved_weights_equal_the_recorded_ones(open_page):
    page = open_page("many", "#layer=3&head=1")
    exact = page.maps["self_0"][3, 1]
    shown = page.matrix(exact.shape)
    assert (~numpy.isnan(shown) == lower(256)).all(), "a causal map has weights up to the diagonal"
    assert close_to(shown, exact)


@test
def every_kind_of_an_encoder_decoder_shows_its_own_maps(open_page):
    page = open_page("translate")
    for kind in ("encoder", "decoder", "cross"):
        page.choose("#kind", kind)
        exact = page.maps[f"{kind}_0"]
        for layer, head in ((0, 2), (1, 1)):
            page.one(f"[data-layer='{layer}'][data-head='{head}']").click()
            assert close_to(page.matrix(exact.shape[2:]), exact[layer, head]), (kind, layer, head)
    assert page.table()[1][1::2] == ("za", "old"), "rows of cross-attention are what was written"


@test
def true_numbers_of_a_selection_are_shown(open_page):
    page = open_page("selected")
    assert page.texts("#grid [role=rowheader]") == ["2", "5"]
    assert page.texts("#grid [role=columnheader]") == ["layer", "1", "3", "7", "mean", "max"]
    page.one("[data-layer='5'][data-head='7']").click()
    assert page.text("#map-title") == "layer 5, head 7"
    assert close_to(page.matrix((6, 6)), page.maps["self_0"][1, 2])


@test
def mean_maximum_and_rollout_are_what_numpy_makes_of_the_heads(open_page):
    for name, kind in (("few", "self"), ("translate", "encoder")):
        page = open_page(name, f"#kind={kind}&layer=1&head=mean")
        exact = page.maps[f"{kind}_0"]
        size = exact.shape[-1]
        assert close_to(page.matrix((size, size)), exact[1].mean(0)), name
        page.open(f"#kind={kind}&layer=1&head=max")
        assert close_to(page.matrix((size, size)), exact[1].max(0)), name
        page.open(f"#kind={kind}&layer=1&head=rollout")
        mixed = 0.5 * exact.mean(1) + 0.5 * numpy.eye(size)
        mixed /= mixed.sum(-1, keepdims=True)
        shown = page.matrix((size, size))
        assert close_to(shown, mixed[1] @ mixed[0], 2 * ROUNDING), name
        assert numpy.allclose(numpy.nansum(shown, -1), 1, atol=0.0006 * size), name


@test
def a_click_shows_and_locks_the_exact_weight_of_a_cell(open_page):
    page = open_page("few", "#layer=1&head=3")
    canvas = page.one("#map canvas")
    box = page.script("return arguments[0].getBoundingClientRect().toJSON()", canvas)
    page.script("""const [canvas, x, y] = arguments, box = canvas.getBoundingClientRect();
      for (const kind of ['pointermove', 'click']) canvas.dispatchEvent(new PointerEvent(kind,
        {bubbles: true, clientX: box.left + x, clientY: box.top + y}))""",
                canvas, box["width"] * 0.4, box["height"] * 0.6)
    query, key = page.locked()
    exact = page.maps["self_0"][1, 3]
    assert 0 < key < query < 11
    assert abs(float(page.text("#cell-weight")) - exact[query, key]) <= ROUNDING
    rows = page.texts("#readout .weights:nth-of-type(1) .number")
    columns = page.texts("#readout .weights:last-child .number")
    assert close_to(numpy.array(rows, float), -numpy.sort(-exact[query, :query + 1]))
    assert close_to(numpy.array(columns, float), -numpy.sort(-exact[key:, key]))
