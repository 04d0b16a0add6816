// The controls above the maps, and pointing at maps, lines and tokens.

// What is looked at, unless something is locked.
function lookAt(place) {
  if (!state.locked) change(place || { query: -1, key: -1 });
}

function lockAt(place) {
  if (place) change({ ...place, locked: true });
}

// A click locks what is there; a second one on the same lets go.
function toggleLock(place) {
  if (!place) return;
  const same = state.locked && state.query === place.query && state.key === place.key;
  change({ ...place, locked: !same });
}

function pointerPlace(host, event, find) {
  const box = host.querySelector("canvas").getBoundingClientRect();
  return find(event.clientX - box.left, event.clientY - box.top);
}

function pointing(host, find) {
  host.addEventListener("pointermove", (event) => lookAt(pointerPlace(host, event, find)));
  host.addEventListener("pointerleave", () => lookAt(null));
  host.addEventListener("click", (event) => toggleLock(pointerPlace(host, event, find)));
}

function pointingAtText() {
  const token = (event) => event.target.closest && event.target.closest(".token");
  for (const kind of ["pointerover", "focusin"])
    textHost.addEventListener(kind, (event) => {
      if (token(event)) lookAt(stripPlace(token(event)));
    });
  textHost.addEventListener("pointerleave", () => lookAt(null));
  textHost.addEventListener("focusout", () => lookAt(null));
  textHost.addEventListener("click", (event) => {
    if (token(event)) toggleLock(stripPlace(token(event)));
  });
  textHost.addEventListener("keydown", moveInText);
}

// --- Controls -------------------------------------------------------------------------------------

const kindNames = { self: "self", encoder: "encoder self", decoder: "decoder self", cross: "cross" };
const pairNames = { "": "all", AA: "A → A", AB: "A → B", BA: "B → A", BB: "B → B" };

function option(value, text) {
  return make("option", { value }, text);
}

function sentenceName(sequence) {
  const tokens = sequence.source_tokens.length ? sequence.source_tokens : sequence.tokens;
  const separator = tokens.some((token) => token.length > 2) ? " " : "";
  const text = tokens.slice(0, 60).map((token) => visible(token.slice(0, 61))).join(separator);
  return `${sequence.title}: ${isolated(shortened(text.slice(0, 200), 60))}`;
}

// A browser is slow with lists of thousands: those near by can be chosen, others by their number.
const nearSentences = 100;

function drawSentences() {
  const count = data.sequences.length, first = Math.max(0, state.sentence - nearSentences);
  const near = data.sequences.slice(first, state.sentence + nearSentences + 1);
  byId("sentence").replaceChildren(...near.map((sequence, i) => option(first + i, sentenceName(sequence))));
  byId("sentence").value = state.sentence;
  byId("sentence-control").hidden = count < 2;
  byId("number-control").hidden = count <= nearSentences;
  byId("number-control").querySelector("span").textContent = `of ${count.toLocaleString("en")}`;
  byId("sentence-number").max = count;
  byId("sentence-number").value = state.sentence + 1;
  byId("previous-sentence").disabled = state.sentence === 0;
  byId("next-sentence").disabled = state.sentence === count - 1;
}

function goToSentence(sentence) {
  const there = clamp(sentence, 0, data.sequences.length - 1);
  change({ sentence: there, query: -1, key: -1, locked: false, step: -1, frame: -1 }, true);
}

function drawControls() {
  const { sequence, maps } = currentView(), kinds = sequence.maps.map((one) => one.kind);
  const pairs = pairsOf(sequence, maps);
  byId("kind").replaceChildren(...kinds.map((kind) => option(kind, kindNames[kind])));
  byId("kind-control").hidden = kinds.length < 2;
  byId("pair").replaceChildren(...pairs.map((pair) => option(pair, pairNames[pair])));
  byId("pair-control").hidden = pairs.length < 2;
  byId("links-control").hidden = !data.links.length;
  for (const key of ["kind", "pair", "scale"]) byId(key).value = state[key];
  byId("hide-first").checked = state.hideFirst;
  byId("links").checked = state.links;
  byId("enlarge").setAttribute("aria-pressed", state.enlarged);
  drawSteps(sequence, maps);
}

// One slider: of training where there are frames, else of generation.
function drawSteps(sequence, maps) {
  const frames = sequence.frames.length > 1, steps = stepsOf(sequence, maps);
  byId("step-control").hidden = !frames && !steps;
  byId("step-name").textContent = frames ? "training" : "generated";
  byId("step").max = frames ? sequence.frames.length - 1 : steps;
  byId("step").value = frames ? state.frame : state.step < 0 ? steps : state.step;
  const at = state.step < 0 ? steps : state.step;
  const written = (number) => currentView().queries[sequence.prompt + number - 1];
  byId("step-shown").replaceChildren(...(frames ? [sequence.frames[state.frame]] :
    at === 0 ? ["the prompt"] : [`${at} of ${steps}: `, tokenElement(written(at), 18)]));
}

function step(value) {
  const { sequence, maps } = currentView();
  if (sequence.frames.length > 1) change({ frame: clamp(value, 0, sequence.frames.length - 1) });
  else if (stepsOf(sequence, maps)) change({ step: value >= stepsOf(sequence, maps) ? -1 : Math.max(0, value) });
}

function listenToControls() {
  const on = (id, kind, action) => byId(id).addEventListener(kind, action);
  on("sentence", "change", () => goToSentence(Number(byId("sentence").value)));
  on("sentence-number", "change", () =>
    goToSentence(Math.round(byId("sentence-number").valueAsNumber || 1) - 1));
  on("previous-sentence", "click", () => goToSentence(state.sentence - 1));
  on("next-sentence", "click", () => goToSentence(state.sentence + 1));
  on("kind", "change", () =>
    change({ kind: byId("kind").value, query: -1, key: -1, locked: false }, true));
  on("pair", "change", () => change({ pair: byId("pair").value }));
  on("scale", "change", () => change({ scale: byId("scale").value }));
  on("hide-first", "change", () => change({ hideFirst: byId("hide-first").checked }));
  on("links", "change", () => change({ links: byId("links").checked }));
  on("step", "input", () => step(Number(byId("step").value)));
  on("enlarge", "click", () => change({ enlarged: !state.enlarged }));
  on("theme", "click", switchTheme);
  for (const what of ["map", "lines"]) {
    on(`${what}-png`, "click", () => savePng(what));
    on(`${what}-svg`, "click", () => saveSvg(what));
  }
  on("map-csv", "click", saveCsv);
}

// --- Light and dark -------------------------------------------------------------------------------

function useTheme(name) {
  const before = document.documentElement.dataset.theme;
  chosenTheme = name;
  drawTheme();
  if (themeName() !== before) tell(["theme"]);
}

function drawTheme() {
  document.documentElement.dataset.theme = themeName();
  byId("theme").textContent = themeName() === "dark" ? "light" : "dark";
  byId("theme").setAttribute("aria-label", `use ${byId("theme").textContent} colours`);
}

function switchTheme() {
  useTheme(themeName() === "dark" ? "light" : "dark");
}

// Paper is white, and all small maps are on it, also those that were not in sight.
function listenToPrinting() {
  let before = "";
  addEventListener("beforeprint", () => {
    before = chosenTheme;
    useTheme("light");
    paintAllThumbs();
  });
  addEventListener("afterprint", () => useTheme(before));
  darkPreferred.addEventListener("change", () => useTheme(chosenTheme));
}
