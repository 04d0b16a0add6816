// The weights of what is focussed, largest first: the query's row and the key's column. With nothing
// focussed, the map's largest weights.

const rowsInReadout = 12;
const rowsWhenLocked = 200;

// [{query, key, weight}], largest first, of a row (key -1) or of a column (query -1).
function weightsAlong(view, query, key) {
  const cells = [];
  const end = query >= 0 ? view.k1 : Math.min(view.q1, view.revealed);
  for (let i = query >= 0 ? view.k0 : view.q0; i < end; ++i) {
    const cell = query >= 0 ? { query, key: i } : { query: i, key };
    if (visibleCell(view, cell.query, cell.key))
      cells.push({ ...cell, weight: weightAt(view, cell.query, cell.key) });
  }
  return cells.sort((a, b) => b.weight - a.weight);
}

// Rows that may look at one key alone say nothing, so they are left out.
function largestWeights(view) {
  const cells = [];
  let least = 0;
  const first = Math.max(view.q0, view.map.triangle ? 1 : 0);
  for (let query = first; query < Math.min(view.q1, view.revealed); ++query)
    for (let key = view.k0; key < view.k1; ++key) {
      const weight = weightAt(view, query, key);
      if (weight <= least) continue;
      cells.push({ query, key, weight });
      if (cells.length >= 400) {
        cells.sort((a, b) => b.weight - a.weight).length = rowsInReadout;
        least = cells[rowsInReadout - 1].weight;
      }
    }
  return cells.sort((a, b) => b.weight - a.weight).slice(0, rowsInReadout);
}

function weightRow(view, { query, key, weight }, parts) {
  const bar = make("span", { className: "weight" });
  bar.style.width = `${Math.min(100, 100 * weight / view.top)}%`;
  const cells = parts.flatMap((part) => {
    const [index, token] = part === "query" ? [query, view.queries[query]] : [key, view.keys[key]];
    return [make("td", { className: "position" }, String(index)),
      make("td", { className: "word" }, tokenElement(token, 18))];
  });
  return make("tr", {}, ...cells, make("td", { className: "share" }, bar),
    make("td", { className: "number" }, weightText(weight)));
}

function weightTable(view, caption, cells, parts) {
  const most = state.locked ? rowsWhenLocked : rowsInReadout, rest = cells.slice(most);
  const body = make("tbody", {}, ...cells.slice(0, most).map((cell) => weightRow(view, cell, parts)));
  if (rest.length) {
    const sum = rest.reduce((total, cell) => total + cell.weight, 0);
    const text = `${rest.length} more, together ${weightText(sum)}`;
    body.append(make("tr", {}, make("td", { colSpan: 2 * parts.length + 2, className: "note" },
      text + (state.locked ? "" : "; click to lock and see more"))));
  }
  return make("div", { className: "weights" },
    make("table", {}, make("caption", {}, ...caption), body));
}

function drawReadout() {
  const view = currentView(), { query, key } = state, tables = [];
  const named = (side, index) => {
    const token = tokenElement((side === "query" ? view.queries : view.keys)[index], 24);
    token.className = side;
    return [token, make("span", { className: "position" }, ` ${index}`)];
  };
  if (query >= 0 && key >= 0) tables.push(cellLine(view, query, key));
  if (query >= view.q0 && query < Math.min(view.q1, view.revealed))
    tables.push(weightTable(view, [...named("query", query), " attends to"],
      weightsAlong(view, query, -1), ["key"]));
  if (key >= view.k0 && key < view.k1)
    tables.push(weightTable(view, [...named("key", key), " is attended to by"],
      weightsAlong(view, -1, key), ["query"]));
  if (!tables.length)
    tables.push(
      weightTable(view, ["largest weights, query → key"], largestWeights(view), ["query", "key"]),
      make("p", { className: "note" }, "Point at a cell or a token, or move there with the arrow " +
        "keys, to see its row and its column; click or Enter locks them, Escape lets go."));
  byId("readout").replaceChildren(...tables);
}

function cellLine(view, query, key) {
  const text = visibleCell(view, query, key) ? weightText(weightAt(view, query, key)) :
    view.map.triangle && key > query ? "masked" : "not shown";
  return make("p", { className: "cell" }, tokenElement(view.queries[query], 18), " → ",
    tokenElement(view.keys[key], 18), " ", make("strong", { id: "cell-weight" }, text),
    state.locked ? make("span", { className: "note" }, " locked") : "");
}

// --- For screen readers ---------------------------------------------------------------------------

let speaking = 0;

function spoken(view) {
  const { query, key } = state;
  const top = (cells, side, tokens) => cells.slice(0, 3)
    .map((cell) => `${visible(tokens[cell[side]])} ${weightText(cell.weight)}`)
    .join(", ") || "nothing";
  const parts = [];
  if (query >= 0)
    parts.push(`query ${visible(view.queries[query])}, position ${query}, attends to ` +
      top(weightsAlong(view, query, -1), "key", view.keys));
  if (key >= 0)
    parts.push(`key ${visible(view.keys[key])}, position ${key}, is attended to by ` +
      top(weightsAlong(view, -1, key), "query", view.queries));
  if (parts.length && state.locked) parts.push("locked");
  return parts.join(". ");
}

// What passes by quickly is not read.
function speak() {
  clearTimeout(speaking);
  speaking = setTimeout(() => { byId("live").textContent = spoken(currentView()); }, 200);
}
