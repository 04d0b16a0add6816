// The text itself, token by token; attended tokens are shaded. Its tokens
// are what keyboards and screen readers move over.

const textHost = byId("text");
let strips = [];  // {side: "query", "key" or "both", elements}

function buildText() {
  const view = currentView();
  const sides = view.square ? [["both", "text", view.keys]] :
    [["query", "queries", view.queries], ["key", "keys", view.keys]];
  strips = sides.map(([side, name, tokens]) =>
    ({ side, name, elements: tokens.map((token, i) => stripToken(side, token, i)) }));
  textHost.replaceChildren(...strips.map(({ name, elements }) => {
    const box = make("p", { className: "strip" });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `${name}: arrow keys move over the tokens, Enter locks`);
    if (!view.square) box.append(make("span", { className: "side" }, name));
    for (const element of elements) box.append(element, " ");
    return box;
  }));
  for (const { elements } of strips) if (elements.length) elements[0].tabIndex = 0;
  shadeText();
}

function stripToken(side, token, index) {
  const element = tokenElement(token, 40);
  element.className = "token";
  element.tabIndex = -1;
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", `${visible(token)}, position ${index}`);
  element.dataset.index = index;
  element.dataset.side = side;
  return element;
}

function stripPlace(element) {
  const view = currentView(), index = Number(element.dataset.index);
  return element.dataset.side === "key" ? tokenPlace(view, -1, index) : tokenPlace(view, index, -1);
}

function shadeText() {
  const view = currentView(), table = scaleTables[themeName()];
  for (const { side, elements } of strips)
    elements.forEach((element, i) => {
      const [query, key] = side === "query" ? [i, state.key] : [state.query, i];
      const weight = visibleCell(view, query, key) ? weightAt(view, query, key) : 0;
      const colour = weight > 0 ? table[scalePlace(weight, view.top)] : null;
      element.style.backgroundColor = colour ? cssColour(colour) : "";
      element.style.color = colour ? inkOn(colour) : "";
      element.classList.toggle("query", side !== "key" && i === state.query);
      element.classList.toggle("key", side !== "query" && i === state.key);
      element.setAttribute("aria-pressed", state.locked && (i === state.query || i === state.key));
      const outside = side !== "key" && i >= view.revealed && state.step >= 0;
      element.classList.toggle("faded", outside);
    });
}

function moveInText(event) {
  const strip = strips.find(({ elements }) => elements.includes(event.target));
  if (!strip) return;
  const at = strip.elements.indexOf(event.target), last = strip.elements.length - 1;
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowDown: at + 1,
    Home: 0, End: last }[event.key];
  if (next !== undefined) {
    const element = strip.elements[clamp(next, 0, last)];
    event.target.tabIndex = -1;
    element.tabIndex = 0;
    element.focus();
    if (state.locked) lockAt(stripPlace(element));
  } else if (event.key === "Enter" || event.key === " ") {
    toggleLock(stripPlace(event.target));
  } else {
    return;
  }
  event.preventDefault();
}
