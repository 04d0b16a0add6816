// The large map: painted once a view; what is focussed lies over it as a few shapes of SVG.

// Pixels of a map; where cells are smaller than pixels, the largest weight of those in one.
function mapPixels(map, shown, top, columns, rows) {
  const image = new ImageData(columns, rows), table = scaleTables[themeName()];
  const perX = (shown.k1 - shown.k0) / columns, perY = (shown.q1 - shown.q0) / rows;
  const bounds = (index, per, first) => {
    const from = first + Math.floor((index + (per < 1 ? 0.5 : 0)) * per);
    return [from, per < 1 ? from + 1 : Math.max(from + 1, first + Math.floor((index + 1) * per))];
  };
  const across = Array.from({ length: columns }, (_, x) => bounds(x, perX, shown.k0));
  for (let y = 0; y < rows; ++y) {
    const [q0, q1] = bounds(y, perY, shown.q0);
    for (let x = 0; x < columns; ++x) {
      const [k0, k1] = across[x];
      let weight = 0;
      for (let query = q0; query < q1 && query < shown.revealed; ++query)
        for (let key = k0; key < k1; ++key)
          weight = Math.max(weight, map.data[query * map.columns + key]);
      if (weight <= 0) continue;
      const colour = table[scalePlace(weight, top)];
      image.data.set(colour, 4 * (y * columns + x));
      image.data[4 * (y * columns + x) + 3] = 255;
    }
  }
  return image;
}

function paintMap(painter, view, layout) {
  const { ink, soft, line, paper } = theme();
  painter.rect(0, 0, layout.fullWidth, layout.fullHeight, { fill: paper });
  paintCells(painter, view, layout);
  painter.rect(layout.left - 0.5, layout.top - 0.5, layout.width + 1, layout.height + 1, { stroke: line });
  const { rowLabels: rows, columnLabels: columns } = layout;
  for (let query = view.q0; query < view.q1; query += rows.step)
    painter.text(layout.left - 6, cellY(view, layout, query) + layout.cell / 2, view.queryLabels[query],
      { size: rows.size, fill: query < view.revealed ? ink : soft, anchor: "end" });
  for (let key = view.k0; key < view.k1; key += columns.step)
    paintKeyLabel(painter, view, layout, key, ink);
  painter.text(captionSize / 2 + 2, layout.top + layout.height / 2, "query (attends from)",
    { size: captionSize, fill: soft, anchor: "middle", upright: true });
  painter.text(layout.left + Math.max(layout.width, 140) / 2, layout.fullHeight - captionSize / 2 - 1,
    "key (attended to)", { size: captionSize, fill: soft, anchor: "middle" });
  if (state.links) paintLinks(painter, view, layout);
}

// In an SVG few cells are rectangles, sharp at any size; many are an image.
function paintCells(painter, view, layout) {
  const cells = (view.q1 - view.q0) * (view.k1 - view.k0);
  if (painter instanceof CanvasPainter || cells > 20000) {
    painter.image(layout.left, layout.top, layout.width, layout.height,
      (columns, rows) => mapPixels(view.map, view, view.top, columns, rows));
    return;
  }
  const table = scaleTables[themeName()];
  for (let query = view.q0; query < Math.min(view.q1, view.revealed); ++query)
    for (let key = view.k0; key < view.k1; ++key) {
      const weight = weightAt(view, query, key);
      if (weight > 0)
        painter.rect(cellX(view, layout, key), cellY(view, layout, query), layout.cell, layout.cell,
          { fill: cssColour(table[scalePlace(weight, view.top)]) });
    }
}

function paintKeyLabel(painter, view, layout, key, fill, up = 0) {
  const x = cellX(view, layout, key) + layout.cell / 2, y = layout.top + layout.height + 6 - up;
  const { size } = layout.columnLabels;
  if (layout.upright)
    painter.text(x, y, view.keyLabels[key], { size, fill, anchor: "end", upright: true });
  else
    painter.text(x, y + size / 2, view.keyLabels[key], { size, fill, anchor: "middle" });
}

function paintLinks(painter, view, layout) {
  // In a corner where the weight has room in the middle.
  const roomy = layout.cell >= 26, size = roomy ? 4.5 : clamp(layout.cell * 0.32, 3, 9);
  const right = roomy ? layout.cell - 8 : layout.cell / 2, down = roomy ? 8 : layout.cell / 2;
  for (const { kind, query, keys } of linksOf(view))
    for (const key of keys)
      paintMark(painter, cellX(view, layout, key) + right, cellY(view, layout, query) + down, size, kind);
}

// --- What is focussed -----------------------------------------------------------------------------

// `sight`: how far the map is scrolled; the names of what is focussed stay in sight.
function paintFocus(painter, view, layout, sight = { right: 0, up: 0 }) {
  const { query, key } = state, colours = theme();
  const shownQuery = query >= view.q0 && query < view.q1, shownKey = key >= view.k0 && key < view.k1;
  const around = layout.cell < 6 ? 1.5 : 0;  // small cells are not to be covered
  if (layout.cell >= 26) paintNumbers(painter, view, layout, shownQuery ? query : -1, shownKey ? key : -1);
  if (shownQuery) {
    const y = cellY(view, layout, query);
    painter.rect(layout.left, y - around, layout.width, layout.cell + 2 * around,
      { stroke: colours.query, thickness: 1.5 });
    const width = Math.max(textWidth(view.queryLabels[query], layout.rowLabels.size + 1), 8);
    const middle = y + layout.cell / 2, half = (layout.rowLabels.size + 5) / 2;
    const right = layout.left + sight.right;
    painter.rect(right - 9 - width, middle - half, width + 7, 2 * half, { fill: colours.query });
    painter.text(right - 6, middle, view.queryLabels[query],
      { size: layout.rowLabels.size, fill: colours.paper, anchor: "end" });
  }
  if (shownKey) {
    const x = cellX(view, layout, key);
    painter.rect(x - around, layout.top, layout.cell + 2 * around, layout.height,
      { stroke: colours.key, thickness: 1.5 });
    const { size } = layout.columnLabels, length = textWidth(view.keyLabels[key], size) + 8;
    const wide = layout.upright ? size + 5 : length, high = layout.upright ? length : size + 5;
    const y = layout.top + layout.height - sight.up;
    painter.rect(x + layout.cell / 2 - wide / 2, y + 3, wide, high, { fill: colours.key });
    paintKeyLabel(painter, view, layout, key, colours.paper, sight.up);
  }
  if (shownQuery && shownKey) {
    const side = layout.cell + 2 * around;
    painter.rect(cellX(view, layout, key) - around, cellY(view, layout, query) - around, side, side,
      { stroke: colours.mark, thickness: state.locked ? 3 : 2 });
  }
}

// The weights of the row and the column, where there is room to read them.
function paintNumbers(painter, view, layout, focusQuery, focusKey) {
  const table = scaleTables[themeName()], size = layout.cell >= 32 ? 11 : 9;
  const number = (query, key) => {
    const weight = weightAt(view, query, key);
    if (weight <= 0 || !visibleCell(view, query, key)) return;
    const half = layout.cell / 2;
    painter.text(cellX(view, layout, key) + half, cellY(view, layout, query) + half,
      weightText(weight).replace(/^0/, ""), { size, anchor: "middle", fill: inkOn(table[scalePlace(weight, view.top)]) });
  };
  if (focusQuery >= 0) for (let key = view.k0; key < view.k1; ++key) number(focusQuery, key);
  if (focusKey >= 0)
    for (let query = view.q0; query < view.q1; ++query)
      if (query !== focusQuery) number(query, focusKey);
}

// --- On the page ----------------------------------------------------------------------------------

const mapHost = byId("map");
const mapCanvas = mapHost.querySelector("canvas"), mapOverlay = mapHost.querySelector("svg");
let mapPlace = null;  // the layout on the screen

function drawMap() {
  const view = currentView();
  mapPlace = mapLayout(view, Math.min(byId("opened").clientWidth, 760), state.enlarged);
  const density = state.enlarged ? Math.min(devicePixelRatio, 4000 / mapPlace.fullWidth) : devicePixelRatio;
  paintMap(new CanvasPainter(mapCanvas, mapPlace.fullWidth, mapPlace.fullHeight, density), view, mapPlace);
  for (const element of [mapCanvas, mapOverlay]) {
    element.style.width = `${mapPlace.fullWidth}px`;
    element.style.height = `${mapPlace.fullHeight}px`;
  }
  byId("map-figure").style.maxWidth = "100%";
  byId("map-title").textContent = view.title;
  mapHost.setAttribute("aria-label", `attention of ${view.title}: ${view.q1 - view.q0} queries down, ` +
    `${view.k1 - view.k0} keys across; arrow keys move, Enter locks`);
  drawLegend(view);
  drawMapFocus();
}

function drawMapFocus() {
  const { fullWidth, fullHeight } = mapPlace;
  const below = fullHeight - mapHost.clientHeight - mapHost.scrollTop;
  paintFocus(new SvgPainter(mapOverlay, fullWidth, fullHeight), currentView(), mapPlace,
    { right: mapHost.scrollLeft, up: Math.max(0, below) });
}

function mapNotes(view) {
  const notes = [`weights are stored to ${weightError}; a cell stays blank where there is none`];
  if (view.map.triangle) notes[0] += " or the mask hides the key";
  if (view.k0 > 0 && state.hideFirst)
    notes.push("the first token's column is hidden, so rows sum to less than 1");
  if (state.head === "rollout")
    notes.push("rollout (Abnar & Zuidema 2020): half the mean over heads, half the identity, multiplied " +
      "from the first layer up; from rounded weights");
  return notes.join(" · ");
}

// The kinds of links that are marked, each with its name.
function linkLegend(view) {
  const kinds = state.links ? [...new Set(linksOf(view).map((link) => link.kind))] : [];
  return kinds.map((kind) => {
    const { name, from, to } = data.links[kind];
    return { kind, text: `${name}: ${from} → ${to}` };
  });
}

function drawLegend(view) {
  const table = scaleTables[themeName()];
  const bar = make("canvas", { width: 256, height: 1, className: "scale" });
  const context = bar.getContext("2d");
  table.forEach((colour, i) => {
    context.fillStyle = cssColour(colour);
    context.fillRect(i, 0, 1, 1);
  });
  const top = (view.top / 255).toFixed(view.top < 255 ? 3 : 0);
  const legend = [make("span", {}, "weight 0"), bar, make("span", {}, top)];
  for (const { kind, text } of linkLegend(view)) {
    const svg = SvgPainter.document();
    svg.setAttribute("aria-hidden", "true");
    paintMark(new SvgPainter(svg, 18, 18), 9, 9, 5, kind);
    legend.push(make("span", { className: "link" }, svg, text));
  }
  byId("legend").replaceChildren(...legend);
  byId("map-note").textContent = mapNotes(view);
}
