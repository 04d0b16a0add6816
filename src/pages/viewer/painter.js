// Two painters with one set of strokes: on a canvas (screen, PNG) and as SVG (what is focussed, and
// saved files). Lengths are CSS pixels; a text's y is its middle.

const paintFont = 'system-ui, "DejaVu Sans", sans-serif';

function textWidth(text, size) {
  const context = textWidth.context ||= document.createElement("canvas").getContext("2d");
  context.font = `${size}px ${paintFont}`;
  return context.measureText(text).width;
}

function widestText(texts, size) {
  return texts.reduce((most, text) => Math.max(most, textWidth(text, size)), 0);
}

// The shapes of marks, one per kind of link, around (0, 0), as a list of corners.
const markShapes = [
  Array.from({ length: 24 }, (_, i) => [Math.cos(i * Math.PI / 12), Math.sin(i * Math.PI / 12)]),
  [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]],
];

class CanvasPainter {
  constructor(canvas, width, height, density) {
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    this.density = density;
    this.context = canvas.getContext("2d");
    this.context.scale(density, density);
  }

  rect(x, y, width, height, { fill, stroke, thickness = 1, opacity = 1 }) {
    const { context } = this;
    if (fill) {
      context.globalAlpha = opacity;
      context.fillStyle = fill;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    }
    if (stroke) {
      context.strokeStyle = stroke;
      context.lineWidth = thickness;
      context.strokeRect(x, y, width, height);
    }
  }

  line(x1, y1, x2, y2, { stroke, thickness = 1, opacity = 1 }) {
    const { context } = this;
    context.globalAlpha = opacity;
    context.strokeStyle = stroke;
    context.lineWidth = thickness;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.globalAlpha = 1;
  }

  text(x, y, text, { size, fill, anchor = "start", upright = false }) {
    const { context } = this;
    context.save();
    context.translate(x, y);
    if (upright) context.rotate(-Math.PI / 2);
    context.font = `${size}px ${paintFont}`;
    context.fillStyle = fill;
    context.textAlign = { start: "left", middle: "center", end: "right" }[anchor];
    context.textBaseline = "middle";
    context.fillText(text, 0, 0);
    context.restore();
  }

  polygon(corners, { stroke, thickness = 1 }) {
    const { context } = this;
    context.strokeStyle = stroke;
    context.lineWidth = thickness;
    context.beginPath();
    for (const [x, y] of corners) context.lineTo(x, y);
    context.closePath();
    context.stroke();
  }

  // `pixels(columns, rows)` gives an ImageData of that size.
  image(x, y, width, height, pixels) {
    const columns = Math.max(1, Math.round(width * this.density));
    const rows = Math.max(1, Math.round(height * this.density));
    this.context.putImageData(pixels(columns, rows), Math.round(x * this.density),
      Math.round(y * this.density));
  }
}

class SvgPainter {
  constructor(svg, width, height) {
    this.svg = svg;
    svg.replaceChildren();
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
      svg.setAttribute(name, value);
  }

  static document() {
    return document.createElementNS("http://www.w3.org/2000/svg", "svg");
  }

  add(name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes))
      if (value !== undefined)
        element.setAttribute(key, typeof value === "number" ? +value.toFixed(2) : value);
    if (text !== undefined) element.textContent = text;
    this.svg.append(element);
  }

  rect(x, y, width, height, { fill = "none", stroke, thickness, opacity }) {
    this.add("rect", { x, y, width, height, fill, stroke, "stroke-width": thickness, "fill-opacity": opacity });
  }

  line(x1, y1, x2, y2, { stroke, thickness = 1, opacity }) {
    this.add("line", { x1, y1, x2, y2, stroke, "stroke-width": thickness, "stroke-opacity": opacity });
  }

  text(x, y, text, { size, fill, anchor, upright }) {
    this.add("text", { x, y, fill, "font-size": size, "font-family": paintFont, "text-anchor": anchor,
      "dominant-baseline": "central",
      transform: upright ? `rotate(-90 ${x.toFixed(2)} ${y.toFixed(2)})` : undefined }, text);
  }

  polygon(corners, { stroke, thickness = 1 }) {
    this.add("polygon", { points: corners.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" "),
      fill: "none", stroke, "stroke-width": thickness });
  }

  image(x, y, width, height, pixels) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(2 * width));
    canvas.height = Math.max(1, Math.round(2 * height));
    canvas.getContext("2d").putImageData(pixels(canvas.width, canvas.height), 0, 0);
    this.add("image", { x, y, width, height, href: canvas.toDataURL(), style: "image-rendering:pixelated" });
  }
}

function paintMark(painter, x, y, size, kind) {
  const corners = markShapes[kind % markShapes.length].map(([a, b]) => [x + size * a, y + size * b]);
  painter.polygon(corners, { stroke: theme().halo, thickness: 3.5 });
  painter.polygon(corners, { stroke: theme().mark, thickness: 1.5 });
}
