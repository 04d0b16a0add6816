// Where the parts of a map lie, in CSS pixels. Labels are thinned where there is no room for all.

const captionSize = 12;
const largestCell = 44, smallestLabel = 9, largestLabel = 13;

function labelsOf(labels, first, end, pitch) {
  const size = clamp(Math.floor(pitch) - 2, smallestLabel, largestLabel);
  const step = Math.max(1, Math.ceil((size + 2) / pitch));
  const width = Math.min(130, Math.ceil(widestText(labels.slice(first, end), size)));
  return { size, step, width };
}

function cellOf(view, room, enlarged) {
  const rows = view.q1 - view.q0, columns = view.k1 - view.k0, most = Math.max(rows, columns);
  const fitting = Math.min(largestCell, room / columns, Math.max(300, room) / rows);
  if (enlarged) return Math.max(fitting, clamp(Math.floor(3600 / most), 1, 14));
  return fitting >= 4 ? Math.floor(fitting) : fitting;
}

// `room`: the width that there is for the map with its labels.
function mapLayout(view, room, enlarged) {
  const guess = cellOf(view, room - 100, enlarged);
  const rowLabels = labelsOf(view.queryLabels, view.q0, view.q1, guess);
  const left = captionSize + 12 + rowLabels.width + 6;
  const cell = cellOf(view, room - left - 4, enlarged);
  const columnLabels = labelsOf(view.keyLabels, view.k0, view.k1, cell);
  const upright = columnLabels.width > cell * columnLabels.step - 4;
  const width = cell * (view.k1 - view.k0), height = cell * (view.q1 - view.q0), top = 4;
  const below = (upright ? columnLabels.width : columnLabels.size) + 10;
  return { left, top, cell, width, height, upright, rowLabels, columnLabels,
    bottom: top + height + below,
    fullWidth: Math.ceil(left + Math.max(width, 140) + 4),
    fullHeight: Math.ceil(top + height + below + captionSize + 8) };
}

function cellX(view, layout, key) {
  return layout.left + (key - view.k0) * layout.cell;
}

function cellY(view, layout, query) {
  return layout.top + (query - view.q0) * layout.cell;
}

// What lies at a point of the map: a cell, a query's label or a key's label; null: nothing.
function placeAt(view, layout, x, y) {
  const query = view.q0 + Math.floor((y - layout.top) / layout.cell);
  const key = view.k0 + Math.floor((x - layout.left) / layout.cell);
  const inRows = query >= view.q0 && query < view.q1, inColumns = key >= view.k0 && key < view.k1;
  if (inRows && inColumns && x >= layout.left && y >= layout.top) return { query, key };
  if (inRows && x < layout.left) return tokenPlace(view, query, -1);
  if (inColumns && y > layout.top + layout.height && y < layout.bottom) return tokenPlace(view, -1, key);
  return null;
}

// A token alone: where queries and keys are the same tokens, its row and its column.
function tokenPlace(view, query, key) {
  if (!view.square) return { query, key };
  const token = query < 0 ? key : query;
  return { query: token >= view.q0 && token < view.q1 ? token : -1,
    key: token >= view.k0 && token < view.k1 ? token : -1 };
}
