// What is known of the heads: the opened one's numbers beside its map, and a table of all.

function numberText(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.0005 || size === 0 ? value.toFixed(3) : value.toExponential(1);
}

function describe(measure) {
  return [measure.title, measure.formula, measure.source].filter(Boolean).join(" · ");
}

// --- Filter ---------------------------------------------------------------------------------------

function passesFilter(info) {
  if (state.role && (!info || info.role !== state.role)) return false;
  const bound = parseFloat(state.bound);
  if (!state.where || Number.isNaN(bound)) return true;
  const value = info && info.values[state.where];
  if (value === null || value === undefined) return false;
  return state.sign === "≥" ? value >= bound : value <= bound;
}

function fillFilter() {
  const roles = [...new Set(data.heads.map((head) => head.role).filter(Boolean))].sort();
  byId("role").append(make("option", { value: "" }, "any"),
    ...roles.map((role) => make("option", { value: role }, role)));
  byId("where").append(make("option", { value: "" }, "any measure"),
    ...data.measures.map((measure) => make("option", { value: measure.key }, measure.title)));
  for (const [id, key] of [["role", "role"], ["where", "where"], ["sign", "sign"], ["bound", "bound"]])
    byId(id).addEventListener("input", () => change({ [key]: byId(id).value }));
}

// --- The opened head ------------------------------------------------------------------------------

function drawCard() {
  const info = infoOf(state.kind, state.layer, state.head), card = byId("card");
  byId("map-role").textContent = info ? info.role : "";
  byId("evidence").textContent = info ? info.evidence : "";
  if (!data.heads.length) {
    const command = make("code", {}, "heed analyze RUN");
    card.replaceChildren(make("p", { className: "note" }, "Nothing was measured here. ", command,
      " measures every head, shows what it does and what its ablation costs, and writes this page with the results."));
  } else if (!info) {
    card.replaceChildren(make("p", { className: "note" }, "Measures are of single heads."));
  } else {
    const known = data.measures.filter((measure) => typeof info.values[measure.key] === "number");
    const rows = known.map((measure) => make("tr", { title: describe(measure) },
      make("th", { scope: "row" }, measure.title),
      make("td", { className: "number" }, numberText(info.values[measure.key])),
      make("td", { className: "number untrained" }, numberText(info.untrained[measure.key]))));
    const head = make("tr", {}, make("th", { scope: "col" }, "measure"),
      make("th", { scope: "col", className: "number" }, "trained"),
      make("th", { scope: "col", className: "number" }, "untrained"));
    card.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  }
}

// --- All heads ------------------------------------------------------------------------------------

function placeText({ kind, layer, head }) {
  return `${kind === "self" ? "" : kind + " "}${layer}.${head}`;
}

const fixedColumns = [
  { key: "place", title: "head", of: placeText },
  { key: "role", title: "role", of: (head) => head.role },
  { key: "evidence", title: "evidence", of: (head) => head.evidence },
];

function sortedHeads() {
  const heads = data.heads.filter(passesFilter), { sort } = state;
  if (!sort || sort === "place") return state.descending || !sort ? heads : [...heads].reverse();
  const text = fixedColumns.find((column) => column.key === sort);
  const value = text ? text.of : (head) => head.values[sort];
  const sign = state.descending ? -1 : 1;
  return [...heads].sort((a, b) => {
    const x = value(a) ?? null, y = value(b) ?? null;  // what is not defined comes last
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (text ? -String(x).localeCompare(y) : x - y);
  });
}

// Whether anything is known of heads before training.
function hasUntrained(key) {
  return data.heads.some((head) => typeof head.untrained[key] === "number");
}

function headerCell({ key, title, description }) {
  const button = make("button", { type: "button", title: description || "" }, title);
  button.addEventListener("click", () =>
    change({ sort: key, descending: state.sort === key ? !state.descending : true }));
  const sorted = state.sort === key ? (state.descending ? "descending" : "ascending") : "none";
  const cell = make("th", { scope: "col", className: description ? "number" : "",
    colSpan: hasUntrained(key) ? 2 : 1 }, button);
  cell.setAttribute("aria-sort", sorted);
  return cell;
}

function headRow(head) {
  const open = make("button", { type: "button" }, fixedColumns[0].of(head));
  open.addEventListener("click", () => change({ kind: head.kind, layer: head.layer, head: head.head }, true));
  const cells = data.measures.flatMap(({ key }) => {
    const value = make("td", { className: "number" }, numberText(head.values[key]));
    return hasUntrained(key) ?
      [value, make("td", { className: "number untrained" }, numberText(head.untrained[key]))] : [value];
  });
  const shown = data.sequences.some((sequence) => mapsOfKind(sequence, head.kind));
  open.disabled = !shown;
  const row = make("tr", {}, make("th", { scope: "row" }, open), make("td", {}, head.role),
    make("td", { className: "evidence" }, head.evidence), ...cells);
  row.setAttribute("aria-current",
    head.kind === state.kind && head.layer === state.layer && head.head === state.head);
  return row;
}

function drawTable() {
  byId("measures").hidden = !data.heads.length;
  if (!data.heads.length) return;
  const heads = sortedHeads();
  const columns = [...fixedColumns, ...data.measures.map((measure) =>
    ({ key: measure.key, title: measure.title, description: describe(measure) }))];
  byId("table").replaceChildren(make("table", {},
    make("caption", {}, "beside each value, the same head's before training where it is known"),
    make("thead", {}, make("tr", {}, ...columns.map(headerCell))), make("tbody", {}, ...heads.map(headRow))));
  byId("matching").textContent = `${heads.length} of ${data.heads.length} heads`;
  for (const key of ["role", "where", "sign", "bound"]) byId(key).value = state[key];
}

function fillMeanings() {
  byId("meanings").querySelector("dl").append(...data.measures.flatMap((measure) =>
    [make("dt", {}, measure.title), make("dd", {}, make("code", {}, measure.formula), " ", measure.source)]));
}
