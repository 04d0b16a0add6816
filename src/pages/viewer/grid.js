// Layers by heads as small maps, with the means, maxima and rollout of each layer after them. They
// are painted when they come into sight, in the time that is left between other things.

const gridHost = byId("grid");
let gridCells = [];    // [row][column] -> {element, canvas, layer, head}
let gridSeen = null;   // IntersectionObserver
const waiting = new Set();
let painting = null;   // {cell, steps} that is being made
let paintingAsked = false;

function gridColumns(maps) {
  return [...maps.heads, ...summaries.filter((name) => name !== "rollout" || hasRollout(maps))];
}

function thumbSide(columns) {
  const room = byId("heads").clientWidth - 34;
  return clamp(Math.floor(room / columns) - 9, 12, 84);
}

function buildGrid() {
  const view = currentView(), { maps } = view, columns = gridColumns(maps);
  document.querySelector("main").classList.toggle("many-heads", columns.length > 8);
  const side = thumbSide(columns.length), aspect = (view.q1 - view.q0) / (view.k1 - view.k0);
  const width = Math.max(8, Math.round(side * Math.min(1, 1 / aspect)));
  const height = Math.max(8, Math.round(side * Math.min(1, aspect)));
  if (gridSeen) gridSeen.disconnect();
  gridSeen = new IntersectionObserver(seen, { rootMargin: "200px" });
  waiting.clear();
  painting = null;
  gridHost.style.gridTemplateColumns = `2.1rem repeat(${columns.length}, ${side + 6}px)`;
  const head = make("div", { role: "row" }, make("span", { role: "columnheader" }, "layer"));
  for (const name of columns)
    head.append(make("span", { role: "columnheader", className: summaries.includes(name) ? "summary" : "" },
      columns.length > 9 && name === "rollout" ? "roll" : String(name)));
  gridCells = maps.layers.map((layer) => columns.map((name) => gridCell(view, layer, name, width, height)));
  const rows = maps.layers.map((layer, index) => make("div", { role: "row" },
    make("span", { role: "rowheader" }, String(layer)), ...gridCells[index].map((cell) => cell.element)));
  gridHost.replaceChildren(head, ...rows);
  for (const cell of gridCells.flat()) gridSeen.observe(cell.element);
  markGrid();
}

function gridCell(view, layer, head, width, height) {
  const canvas = make("canvas", { width: width * devicePixelRatio, height: height * devicePixelRatio });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const info = infoOf(view.kind, layer, head);
  const element = make("div", { role: "gridcell", tabIndex: -1 }, canvas);
  if (info && info.role && width >= 30) {
    const role = make("span", { className: "tag" }, info.role.replace(/^link:/, ""));
    role.style.width = `${width + 8}px`;
    element.append(role);
  }
  const name = titleOf(view.kind, layer, head) + (info && info.role ? `: ${info.role}` : "");
  element.setAttribute("aria-label", name);
  element.title = info && info.evidence ? `${name} (${info.evidence})` : name;
  element.dataset.layer = layer;
  element.dataset.head = head;
  element.addEventListener("click", () => change({ layer, head }, true));
  return { element, canvas, layer, head };
}

// --- Painting -------------------------------------------------------------------------------------

function seen(entries) {
  for (const { target, isIntersecting } of entries) {
    const cell = gridCells.flat().find((one) => one.element === target);
    if (!cell || !isIntersecting) continue;
    gridSeen.unobserve(target);
    waiting.add(cell);
  }
  askToPaint();
}

function askToPaint() {
  if (paintingAsked || (!waiting.size && !painting)) return;
  paintingAsked = true;
  const idle = window.requestIdleCallback || ((work) => setTimeout(work, 4));
  idle(() => {
    paintingAsked = false;
    paintThumbs(performance.now() + 10);
    askToPaint();
  }, { timeout: 100 });
}

// Rollouts come last: they take longest.
function nextWaiting() {
  const cells = [...waiting];
  return cells.find((cell) => cell.head !== "rollout") || cells[0];
}

function paintThumbs(deadline) {
  const { maps } = currentView();
  while (performance.now() < deadline) {
    if (!painting) {
      const cell = nextWaiting();
      if (!cell) return;
      waiting.delete(cell);
      painting = { cell, steps: mapInSteps(maps, state.frame, cell.layer, cell.head) };
    }
    const { value, done } = painting.steps.next();
    if (!done) continue;
    paintThumb(painting.cell, value);
    painting = null;
  }
}

function paintAllThumbs() {
  const { maps } = currentView();
  for (const cell of gridCells.flat())
    if (!cell.element.dataset.painted)
      paintThumb(cell, mapOf(maps, state.frame, cell.layer, cell.head));
}

function paintThumb({ canvas, element }, map) {
  const view = currentView();
  const pixels = mapPixels(map, view, topOf(map, view), canvas.width, canvas.height);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  element.dataset.painted = "yes";
}

// --- What is opened and what passes the filter -----------------------------------------------------

function markGrid() {
  for (const { element, layer, head } of gridCells.flat()) {
    const opened = layer === state.layer && head === state.head;
    element.setAttribute("aria-selected", opened);
    element.tabIndex = opened ? 0 : -1;
    const filtered = typeof head === "number" && !passesFilter(infoOf(state.kind, layer, head));
    element.classList.toggle("faded", filtered);
  }
  const { maps } = currentView();
  byId("grid-note").textContent = "mean and max are over the heads of a layer" +
    (hasRollout(maps) ? "; rollout follows the layers up to it" : "") +
    ". Small maps show the largest weight under each pixel.";
}

function moveInGrid(event) {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    Home: [0, -1000], End: [0, 1000] };
  const at = event.target.closest("[role=gridcell]");
  const row = gridCells.findIndex((cells) => cells.some((cell) => cell.element === at));
  if (row < 0) return;
  const column = gridCells[row].findIndex((cell) => cell.element === at);
  if (event.key === "Enter" || event.key === " ") {
    at.click();
  } else if (steps[event.key]) {
    const [down, right] = steps[event.key];
    const cells = gridCells[clamp(row + down, 0, gridCells.length - 1)];
    const next = cells[clamp(column + right, 0, cells.length - 1)];
    at.tabIndex = -1;
    next.element.tabIndex = 0;
    next.element.focus();
  } else {
    return;
  }
  event.preventDefault();
}
