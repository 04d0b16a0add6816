// What is shown. The address holds it after "#", so that a view can be sent as a link.

const state = {
  sentence: 0, kind: "", layer: 0, head: 0,  // head: a true number, or one of the summaries
  frame: -1,                                 // of training; -1: the last
  step: -1,                                  // of generation: rows so far; -1: all
  pair: "",                                  // "AB": from the first text to the second
  query: -1, key: -1,                        // what is looked at, -1: nothing
  locked: false,
  hideFirst: false, scale: "shared", links: true, enlarged: false,
  sort: "", descending: true,
  role: "", where: "", sign: "≥", bound: "",
};

const listeners = [];  // {keys, update}: update() where one of these keys has changed

function onChange(keys, update) {
  listeners.push({ keys: keys.split(" "), update });
}

// Changes what is shown. `visit`: a step that the back button undoes.
function change(values, visit = false) {
  const before = { ...state };
  Object.assign(state, values);
  mend();
  const changed = Object.keys(state).filter((key) => state[key] !== before[key]);
  if (!changed.length) return;
  const looked = changed.every((key) => key === "query" || key === "key");
  if (!looked || state.locked) writeAddress(visit);
  tell(changed);
}

function tell(changed) {
  if (changed.some((key) => key !== "query" && key !== "key" && key !== "locked")) forgetView();
  for (const { keys, update } of listeners)
    if (keys.some((key) => changed.includes(key))) update(changed);
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

// Makes every part of the state one that is there.
function mend() {
  const count = data.sequences.length;
  state.sentence = Number.isInteger(state.sentence) ? clamp(state.sentence, 0, count - 1) : 0;
  const sequence = data.sequences[state.sentence];
  if (!mapsOfKind(sequence, state.kind)) state.kind = sequence.maps[0].kind;
  const maps = mapsOfKind(sequence, state.kind);
  if (!maps.layers.includes(state.layer)) state.layer = maps.layers[0];
  const summary = summaries.includes(state.head) && (state.head !== "rollout" || hasRollout(maps));
  if (!summary && !maps.heads.includes(state.head)) state.head = maps.heads[0];
  const frames = Math.max(1, sequence.frames.length);
  if (!(state.frame >= 0 && state.frame < frames)) state.frame = frames - 1;
  const steps = stepsOf(sequence, maps);
  if (!(state.step >= 0 && state.step < steps)) state.step = -1;
  if (!pairsOf(sequence, maps).includes(state.pair)) state.pair = "";
  if (!(state.query >= 0 && state.query < maps.queries)) state.query = -1;
  if (!(state.key >= 0 && state.key < maps.keys)) state.key = -1;
  if (state.query < 0 && state.key < 0) state.locked = false;
}

// The steps of a recorded generation: after the prompt, then a row each.
function stepsOf(sequence, maps) {
  return sequence.prompt > 0 && maps.kind !== "encoder" ?
    Math.max(0, maps.queries - sequence.prompt) : 0;
}

// Which of the two texts may attend to which.
function pairsOf(sequence, maps) {
  if (!sequence.second || sourceKinds.includes(maps.kind)) return [""];
  return maps.triangle ? ["", "AA", "BA", "BB"] : ["", "AA", "AB", "BA", "BB"];
}

// --- The address ----------------------------------------------------------------------------------

function address() {
  const parts = new URLSearchParams();
  parts.set("sentence", state.sentence + 1);
  parts.set("kind", state.kind);
  parts.set("layer", state.layer);
  parts.set("head", state.head);
  if (data.sequences[state.sentence].frames.length > 1) parts.set("frame", state.frame);
  if (state.step >= 0) parts.set("step", state.step);
  if (state.pair) parts.set("pair", state.pair);
  if (state.locked) parts.set("lock", `${state.query},${state.key}`);
  if (state.hideFirst) parts.set("hide", "first");
  if (state.scale !== "shared") parts.set("scale", state.scale);
  if (!state.links) parts.set("links", "off");
  if (state.enlarged) parts.set("size", "large");
  if (state.sort) parts.set("sort", (state.descending ? "-" : "") + state.sort);
  if (state.role) parts.set("role", state.role);
  if (state.where && state.bound !== "")
    parts.set("where", `${state.where} ${state.sign === "≥" ? "min" : "max"} ${state.bound}`);
  return "#" + parts;
}

function writeAddress(visit) {
  if (address() === location.hash) return;
  history[visit ? "pushState" : "replaceState"](null, "", address());
}

function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const number = (name, otherwise) => (parts.has(name) ? parseInt(parts.get(name), 10) : otherwise);
  const lock = /^(-?\d+),(-?\d+)$/.exec(parts.get("lock") || "");
  const sort = parts.get("sort") || "";
  const where = /^(\S+) (min|max) (-?[\d.e-]+)$/.exec(parts.get("where") || "");
  const head = parts.get("head");
  Object.assign(state, {
    sentence: number("sentence", 1) - 1, kind: parts.get("kind") || "", layer: number("layer", 0),
    head: summaries.includes(head) ? head : number("head", 0),
    frame: number("frame", -1), step: number("step", -1),
    pair: parts.get("pair") || "",
    query: lock ? +lock[1] : -1, key: lock ? +lock[2] : -1, locked: !!lock,
    hideFirst: parts.get("hide") === "first", scale: parts.get("scale") === "head" ? "head" : "shared",
    links: parts.get("links") !== "off", enlarged: parts.get("size") === "large",
    sort: sort.replace(/^-/, ""), descending: sort.startsWith("-"),
    role: parts.get("role") || "", where: where ? where[1] : "",
    sign: where && where[2] === "max" ? "≤" : "≥", bound: where ? where[3] : "",
  });
  mend();
}

// --- What follows from it -------------------------------------------------------------------------

let view = null;

function forgetView() {
  view = null;
}

function titleOf(kind, layer, head) {
  const prefix = kind === "self" ? "" : `${kind} `;
  const place = `${prefix}layer ${layer}`;
  if (head === "mean") return `${place}, mean over heads`;
  if (head === "max") return `${place}, maximum over heads`;
  if (head === "rollout") return `${prefix}rollout up to layer ${layer}`;
  return `${place}, head ${head}`;
}

// Which queries and keys are shown of any map of this kind: [first, end) each, and below `revealed`
// the rows that had been recorded at the step that is looked at.
function windowOf(sequence, maps) {
  const range = (text, all) => (text === "A" ? [0, sequence.second] :
    text === "B" ? [sequence.second, all] : [0, all]);
  const [q0, q1] = range(state.pair[0], maps.queries), [k0, k1] = range(state.pair[1], maps.keys);
  return { q0, q1, k0: state.hideFirst && k0 === 0 && k1 > 1 ? 1 : k0, k1,
    revealed: state.step < 0 ? maps.queries : sequence.prompt + state.step };
}

// The end of the scale of colours: 1, or the largest weight that is shown.
function topOf(map, shown) {
  if (state.scale === "shared") return 255;
  let top = 0;
  for (let query = shown.q0; query < Math.min(shown.q1, shown.revealed); ++query)
    for (let key = shown.k0; key < shown.k1; ++key)
      top = Math.max(top, map.data[query * map.columns + key]);
  return top || 255;
}

function currentView() {
  if (view) return view;
  const sequence = data.sequences[state.sentence], maps = mapsOfKind(sequence, state.kind);
  const map = mapOf(maps, state.frame, state.layer, state.head), shown = windowOf(sequence, maps);
  view = { ...shown, sequence, maps, map, kind: state.kind, top: topOf(map, shown),
    title: titleOf(state.kind, state.layer, state.head),
    square: state.kind !== "cross",  // queries and keys are the same tokens
    queries: queryTokens(sequence, state.kind), keys: keyTokens(sequence, state.kind) };
  view.queryLabels = view.queries.map((token) => isolated(shortened(visible(token), 16)));
  view.keyLabels = view.keys.map((token) => isolated(shortened(visible(token), 16)));
  return view;
}

function weightAt(shown, query, key) {
  return shown.map.data[query * shown.map.columns + key];
}

// Whether a query had any say about a key: not where the mask of a causal model hides it.
function visibleCell(shown, query, key) {
  return query >= shown.q0 && query < Math.min(shown.q1, shown.revealed) && key >= shown.k0 &&
    key < shown.k1 && !(shown.map.triangle && key > query);
}

// The true links of what is shown.
function linksOf(shown) {
  const toSource = shown.kind === "cross";
  if (shown.kind === "encoder") return [];
  return shown.sequence.links
    .map(([kind, query, keys]) => ({ kind, query, keys: keys.filter((key) => visibleCell(shown, query, key)) }))
    .filter((link) => data.links[link.kind].to_source === toSource && link.keys.length);
}
