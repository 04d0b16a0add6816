// What is shown, as files: pictures with their title, and the weights as a table.

function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function fileName(view, what, ending) {
  const sentence = view.sequence.title.replace(/[^\w-]+/g, "_").slice(0, 40) || "sentence";
  const head = view.title.replace(/[^\w]+/g, "_");
  return `${sentence}_${head}${what}.${ending}`;
}

const titleRoom = 26, scaleRoom = 34, scaleWidth = 260;

// A painter that is moved down.
function moved(painter, down) {
  return new Proxy(painter, {
    get(target, name) {
      const method = target[name];
      if (typeof method !== "function") return method;
      if (name === "polygon")
        return (corners, style) => target.polygon(corners.map(([x, y]) => [x, y + down]), style);
      if (name === "line")
        return (x1, y1, x2, y2, style) => target.line(x1, y1 + down, x2, y2 + down, style);
      return (x, y, ...rest) => target[name](x, y + down, ...rest);
    },
  });
}

function paintScale(painter, view, y) {
  const { ink } = theme(), table = scaleTables[themeName()];
  painter.text(24, y, "weight 0", { size: 11, fill: ink });
  for (let i = 0; i < 64; ++i)
    painter.rect(78 + 2 * i, y - 5, 2.1, 10, { fill: cssColour(table[4 * i + 2]) });
  painter.text(212, y, (view.top / 255).toFixed(3).replace(/\.000$/, ""), { size: 11, fill: ink });
  let x = scaleWidth;
  for (const { kind, text } of linkLegend(view)) {
    paintMark(painter, x, y, 5, kind);
    painter.text(x + 10, y, text, { size: 11, fill: ink });
    x += textWidth(text, 11) + 28;
  }
}

function scaleLength(view) {
  return linkLegend(view).reduce((length, { text }) => length + textWidth(text, 11) + 28, scaleWidth);
}

// Title, map or lines with what is focussed, and the scale of colours below a map.
function paintPicture(what, makePainter) {
  const view = currentView(), map = what === "map";
  const layout = map ? mapPlace : linesPlace;
  const title = `${view.title}: ${isolated(shortened(view.sequence.title, 60))}`;
  const width = Math.ceil(Math.max(map ? layout.fullWidth : layout.width, textWidth(title, 14) + 16,
    map ? scaleLength(view) : 0));
  const height = (map ? layout.fullHeight + scaleRoom : layout.height) + titleRoom;
  const painter = makePainter(width, height);
  painter.rect(0, 0, width, height, { fill: theme().paper });
  painter.text(8, titleRoom / 2 + 1, title, { size: 14, fill: theme().ink });
  const lower = moved(painter, titleRoom);
  (map ? paintMap : paintLines)(lower, view, layout);
  (map ? paintFocus : paintLinesFocus)(lower, view, layout);
  if (map) paintScale(painter, view, height - scaleRoom / 2);
}

function savePng(what) {
  const canvas = document.createElement("canvas");
  paintPicture(what, (width, height) =>
    new CanvasPainter(canvas, width, height, Math.min(2, 8000 / Math.max(width, height))));
  canvas.toBlob((blob) => save(fileName(currentView(), what === "map" ? "" : "_lines", "png"), blob));
}

function saveSvg(what) {
  const svg = SvgPainter.document();
  paintPicture(what, (width, height) => new SvgPainter(svg, width, height));
  const text = new XMLSerializer().serializeToString(svg);
  const blob = new Blob([text], { type: "image/svg+xml" });
  save(fileName(currentView(), what === "map" ? "" : "_lines", "svg"), blob);
}

// RFC 4180.
function csvCell(text) {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function saveCsv() {
  const view = currentView();
  const lines = ["query,query_token,key,key_token,weight"];
  const queries = view.queries.map(csvCell), keys = view.keys.map(csvCell);
  for (let query = view.q0; query < Math.min(view.q1, view.revealed); ++query)
    for (let key = view.k0; key < view.k1; ++key)
      if (visibleCell(view, query, key))
        lines.push(`${query},${queries[query]},${key},${keys[key]},${weightText(weightAt(view, query, key))}`);
  save(fileName(view, "", "csv"), new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv" }));
}
