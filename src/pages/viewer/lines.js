// The line view: queries on the left, keys on the right, a line a weight.

const mostLines = 1500;

function linesLayout(view, width) {
  const rows = view.q1 - view.q0, columns = view.k1 - view.k0;
  const pitch = Math.min(21, 640 / Math.max(rows, columns));
  const words = (tokens, labels, first, end) => {
    const whole = labelsOf(labels, first, end, pitch);
    if (whole.width <= width * 0.3) return { ...whole, words: labels };
    const shorter = tokens.map((token) => isolated(shortened(visible(token), 11)));
    return { ...labelsOf(shorter, first, end, pitch), words: shorter };
  };
  const queries = words(view.queries, view.queryLabels, view.q0, view.q1);
  const keys = words(view.keys, view.keyLabels, view.k0, view.k1), top = 24;
  return { width, pitch, top, queries, keys, left: queries.width + 8, right: width - keys.width - 8,
    height: Math.ceil(top + pitch * Math.max(rows, columns) + 4) };
}

function queryY(view, layout, query) {
  return layout.top + (query - view.q0 + 0.5) * layout.pitch;
}

function keyY(view, layout, key) {
  return layout.top + (key - view.k0 + 0.5) * layout.pitch;
}

// The lowest weight that is drawn, in bytes' units: so that there are not too many lines.
function lineThreshold(view) {
  const counts = new Array(257).fill(0);
  for (let query = view.q0; query < Math.min(view.q1, view.revealed); ++query)
    for (let key = view.k0; key < view.k1; ++key) ++counts[Math.floor(weightAt(view, query, key))];
  let threshold = 255, lines = counts[255];
  while (threshold > 3 && lines + counts[threshold - 1] <= mostLines) lines += counts[--threshold];
  return threshold;
}

function paintLine(painter, view, layout, query, key, stroke) {
  const share = Math.min(1, weightAt(view, query, key) / view.top);
  painter.line(layout.left, queryY(view, layout, query), layout.right, keyY(view, layout, key),
    { stroke, opacity: share, thickness: Math.max(0.5, Math.min(0.4 * layout.pitch, 1 + 1.5 * share)) });
}

function paintLines(painter, view, layout) {
  const { ink, soft, paper, stroke } = theme();
  painter.rect(0, 0, layout.width, layout.height, { fill: paper });
  painter.text(0, 9, "query", { size: captionSize, fill: soft });
  painter.text(layout.width, 9, "key", { size: captionSize, fill: soft, anchor: "end" });
  const threshold = lineThreshold(view);
  for (let query = view.q0; query < Math.min(view.q1, view.revealed); ++query)
    for (let key = view.k0; key < view.k1; ++key)
      if (weightAt(view, query, key) >= threshold) paintLine(painter, view, layout, query, key, stroke);
  for (let query = view.q0; query < view.q1; query += layout.queries.step)
    paintQueryWord(painter, view, layout, query, query < view.revealed ? ink : soft);
  for (let key = view.k0; key < view.k1; key += layout.keys.step)
    paintKeyWord(painter, view, layout, key, ink);
  if (state.links) paintLinkLines(painter, view, layout);
}

function paintQueryWord(painter, view, layout, query, fill) {
  painter.text(layout.left - 6, queryY(view, layout, query), layout.queries.words[query],
    { size: layout.queries.size, fill, anchor: "end" });
}

function paintKeyWord(painter, view, layout, key, fill) {
  painter.text(layout.right + 6, keyY(view, layout, key), layout.keys.words[key],
    { size: layout.keys.size, fill });
}

// A true link is marked at both ends.
function paintLinkLines(painter, view, layout) {
  for (const { kind, query, keys } of linksOf(view))
    for (const key of keys) {
      const y = [queryY(view, layout, query), keyY(view, layout, key)];
      const size = clamp(layout.pitch / 4, 2, 4);
      for (let x = 0; x < 12; ++x) {  // dashes
        const at = (share) =>
          [layout.left + share * (layout.right - layout.left), y[0] + share * (y[1] - y[0])];
        const [x1, y1] = at((x + 0.3) / 12), [x2, y2] = at((x + 0.7) / 12);
        painter.line(x1, y1, x2, y2, { stroke: theme().mark, opacity: 0.7 });
      }
      paintMark(painter, layout.right - 6, y[1], size, kind);
      paintMark(painter, layout.left + 6, y[0], size, kind);
    }
}

function paintLinesFocus(painter, view, layout) {
  const { query, key } = state, { query: queryColour, key: keyColour, paper } = theme();
  const label = (x, y, text, size, anchor, fill) => {
    const width = textWidth(text, size) + 6;
    painter.rect(anchor === "end" ? x - width + 3 : x - 3, y - size / 2 - 3, width, size + 6, { fill });
    painter.text(x, y, text, { size, fill: paper, anchor });
  };
  const row = query >= view.q0 && query < view.q1, column = key >= view.k0 && key < view.k1;
  if (row || column)
    painter.rect(layout.left, layout.top - 2, layout.right - layout.left, layout.height - layout.top + 2,
      { fill: paper, opacity: 0.85 });
  if (row)
    for (let k = view.k0; k < view.k1; ++k)
      if (visibleCell(view, query, k) && weightAt(view, query, k) >= 3)
        paintLine(painter, view, layout, query, k, queryColour);
  if (column)
    for (let q = view.q0; q < view.q1; ++q)
      if (q !== query && visibleCell(view, q, key) && weightAt(view, q, key) >= 3)
        paintLine(painter, view, layout, q, key, keyColour);
  if (state.links && (row || column)) paintLinkLines(painter, view, layout);
  if (row)
    label(layout.left - 6, queryY(view, layout, query), layout.queries.words[query],
      layout.queries.size, "end", queryColour);
  if (column)
    label(layout.right + 6, keyY(view, layout, key), layout.keys.words[key], layout.keys.size,
      "start", keyColour);
}

// --- On the page ----------------------------------------------------------------------------------

const linesHost = byId("lines-view");
const linesCanvas = linesHost.querySelector("canvas"), linesOverlay = linesHost.querySelector("svg");
let linesPlace = null;

function drawLines() {
  const view = currentView();
  linesPlace = linesLayout(view, Math.min(520, byId("lines-section").clientWidth));
  const { width, height } = linesPlace;
  paintLines(new CanvasPainter(linesCanvas, width, height, devicePixelRatio), view, linesPlace);
  for (const element of [linesCanvas, linesOverlay]) {
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
  }
  linesHost.setAttribute("aria-label", `lines from queries to keys, ${view.title}; the same weights as the map`);
  byId("lines-note").textContent = `lines for weights of ${weightText(lineThreshold(view))} and more, ` +
    `the stronger the larger${state.scale === "head" ? ", full at the head's largest" : ""}`;
  drawLinesFocus();
}

function drawLinesFocus() {
  const { width, height } = linesPlace;
  paintLinesFocus(new SvgPainter(linesOverlay, width, height), currentView(), linesPlace);
}

// The token at a point: left of the middle a query, right of it a key.
function linePlaceAt(view, layout, x, y) {
  const index = Math.floor((y - layout.top) / layout.pitch);
  if (y < layout.top || index < 0) return null;
  if (x < layout.width / 2)
    return view.q0 + index < view.q1 ? tokenPlace(view, view.q0 + index, -1) : null;
  return view.k0 + index < view.k1 ? tokenPlace(view, -1, view.k0 + index) : null;
}
