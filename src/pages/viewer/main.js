// The start, and who listens to what.

function fillHeader() {
  byId("origin").textContent = data.origin;
  byId("notes").append(...data.notes.map((note) => make("li", {}, note)));
  byId("notes").hidden = !data.notes.length;
}

function listen() {
  const shown = "sentence kind layer head frame step pair hideFirst scale links theme size";
  onChange("sentence kind theme frame step pair hideFirst scale size", buildGrid);
  onChange("layer head role where sign bound", markGrid);
  onChange("sentence kind", buildText);
  onChange(shown + " enlarged", drawMap);
  onChange(shown, drawLines);
  onChange(shown + " query key locked", drawReadout);
  onChange(shown + " query key locked", shadeText);
  onChange("query key locked", drawMapFocus);
  onChange("query key", drawLinesFocus);
  onChange("query key locked", speak);
  onChange("sentence", drawSentences);
  onChange(shown + " enlarged", drawControls);
  onChange("kind layer head", drawCard);
  onChange("kind layer head sort descending role where sign bound", drawTable);
}

// The address was changed by hand or by the back button.
function follow() {
  const before = { ...state };
  readAddress();
  tell(Object.keys(state).filter((key) => state[key] !== before[key]));
}

function start() {
  fillHeader();
  if (!data.sequences.length) {
    document.querySelector("main").replaceChildren(make("p", {}, "No sentence is in this page."));
    byId("controls").hidden = true;
    return;
  }
  readAddress();
  fillFilter();
  fillMeanings();
  fillHelp();
  drawTheme();
  listen();
  listenToControls();
  listenToPrinting();
  pointing(mapHost, (x, y) => placeAt(currentView(), mapPlace, x, y));
  pointing(linesHost, (x, y) => linePlaceAt(currentView(), linesPlace, x, y));
  pointingAtText();
  mapHost.addEventListener("keydown", moveInMap);
  mapHost.addEventListener("scroll", drawMapFocus);
  gridHost.addEventListener("keydown", moveInGrid);
  document.addEventListener("keydown", pressed);
  addEventListener("popstate", follow);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) tell(["size"]);
    width = innerWidth;
  });
  tell(Object.keys(state));
  document.documentElement.dataset.ready = Math.round(performance.now());
}

start();
