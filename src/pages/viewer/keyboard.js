// Keys and their actions, listed once for the page and for its help.

const shortcuts = [
  ["?", "these keys", () => byId("keys").showModal()],
  ["[", "previous sentence", () => goToSentence(state.sentence - 1)],
  ["]", "next sentence", () => goToSentence(state.sentence + 1)],
  [",", "a step back, of generation or training", () => step(Number(byId("step").value) - 1)],
  [".", "a step on", () => step(Number(byId("step").value) + 1)],
  ["k", "next kind of attention", () => nextOption("kind")],
  ["p", "next choice of texts of a pair", () => nextOption("pair")],
  ["f", "hide or show the first token", () => change({ hideFirst: !state.hideFirst })],
  ["c", "colours from 0 to 1, or to each head's largest", () => nextOption("scale")],
  ["t", "true links on or off", () => change({ links: !state.links })],
  ["e", "enlarge the map", () => change({ enlarged: !state.enlarged })],
  ["d", "light or dark", () => switchTheme()],
  ["g", "go to the grid of heads", () => gridHost.querySelector("[tabindex='0']").focus()],
  ["m", "go to the map", () => mapHost.focus()],
  ["w", "go to the words", () => textHost.querySelector("[tabindex='0']").focus()],
];

const placeKeys = [
  ["arrow keys", "in the grid: from head to head; in the map: from cell to cell; " +
    "in the text: from token to token"],
  ["Home, End", "the first, the last"],
  ["Enter, Space", "in the grid: open the map; in map and text: lock what is focussed, or let it go"],
  ["Escape", "let go"],
  ["Tab", "on to the next part of the page"],
];

function nextOption(id) {
  const select = byId(id);
  if (select.options.length < 2) return;
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
  select.dispatchEvent(new Event("change"));
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  if (event.key === "Escape") {
    change({ query: -1, key: -1, locked: false });
    return;
  }
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const shortcut = shortcuts.find(([key]) => key === event.key);
  if (!shortcut) return;
  event.preventDefault();
  shortcut[2]();
}

// Arrow keys in the map move what is focussed; what is locked stays locked.
function moveInMap(event) {
  const view = currentView();
  const last = { query: Math.min(view.q1, view.revealed) - 1, key: view.k1 - 1 };
  const at = { query: state.query < 0 ? view.q0 : state.query, key: state.key < 0 ? view.k0 : state.key };
  const moves = {
    ArrowUp: { query: at.query - 1 }, ArrowDown: { query: at.query + 1 },
    ArrowLeft: { key: at.key - 1 }, ArrowRight: { key: at.key + 1 },
    Home: { key: view.k0 }, End: { key: last.key },
  };
  if (event.key === "Enter" || event.key === " ") {
    toggleLock(at);
  } else if (moves[event.key]) {
    const fresh = state.query < 0 && state.key < 0, next = fresh ? at : { ...at, ...moves[event.key] };
    change({ query: clamp(next.query, view.q0, last.query), key: clamp(next.key, view.k0, last.key) });
    if (state.enlarged) scrollToFocus();
  } else {
    return;
  }
  event.preventDefault();
}

function scrollToFocus() {
  const x = cellX(currentView(), mapPlace, state.key), y = cellY(currentView(), mapPlace, state.query);
  mapHost.scrollTo(x - mapHost.clientWidth / 2, y - mapHost.clientHeight / 2);
}

function fillHelp() {
  const entry = (key, text) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)];
  byId("key-list").append(...placeKeys.flatMap(([key, text]) => entry(key, text)),
    ...shortcuts.flatMap(([key, text]) => entry(key, text)));
  byId("help").addEventListener("click", () => byId("keys").showModal());
}
