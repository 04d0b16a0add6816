// Maps of heads, and what is made of all heads of a layer: {rows, columns, data, triangle}, data in
// bytes' units (255 stands for 1), row by row.

const summaries = ["mean", "max", "rollout"];

function fullMap(maps, frame, layerIndex, headIndex) {
  const stored = storedBytes(maps, frame, layerIndex, headIndex);
  if (!maps.triangle) return stored;
  const size = maps.queries, full = new Uint8Array(size * size);
  for (let query = 0, from = 0; query < size; ++query) {
    full.set(stored.subarray(from, from + query + 1), query * size);
    from += query + 1;
  }
  return full;
}

function overHeads(maps, frame, layerIndex, summary) {
  const result = new Float32Array(maps.queries * maps.keys), count = maps.heads.length;
  for (let head = 0; head < count; ++head) {
    const map = fullMap(maps, frame, layerIndex, head);
    if (summary === "max")
      for (let i = 0; i < map.length; ++i) result[i] = Math.max(result[i], map[i]);
    else
      for (let i = 0; i < map.length; ++i) result[i] += map[i] / count;
  }
  return result;
}

// Rollout needs square maps of all layers from the first.
function hasRollout(maps) {
  return maps.kind !== "cross" && maps.layers.every((layer, index) => layer === index);
}

// A layer's mean over heads, mixed half and half with the identity (the residual path), rows
// summing to one.
function mixedLayer(maps, frame, layerIndex) {
  const mixed = overHeads(maps, frame, layerIndex, "mean"), size = maps.keys;
  for (let query = 0; query < size; ++query) {
    const row = mixed.subarray(query * size, (query + 1) * size);
    for (let key = 0; key < size; ++key) row[key] *= 0.5 / 255;
    row[query] += 0.5;
    const sum = row.reduce((total, weight) => total + weight, 0);
    for (let key = 0; key < size; ++key) row[key] /= sum;
  }
  return mixed;
}

// Attention rollout (Abnar & Zuidema 2020, 2005.00928): mixed layers multiplied from the first up to
// this one. A generator that stops now and then, since it can take a second.
function* rolloutOf(maps, frame, layerIndex) {
  const size = maps.keys;
  const step = mixedLayer(maps, frame, layerIndex);
  if (layerIndex === 0) return step.map((weight) => 255 * weight);
  const before = (yield* mapInSteps(maps, frame, maps.layers[layerIndex - 1], "rollout")).data;
  const result = new Float32Array(size * size);
  for (let query = 0; query < size; ++query) {
    const row = result.subarray(query * size, (query + 1) * size);
    for (let middle = 0; middle < size; ++middle) {
      const weight = step[query * size + middle];
      if (weight === 0) continue;
      const end = maps.triangle ? middle + 1 : size, from = middle * size;
      for (let key = 0; key < end; ++key) row[key] += weight * before[from + key];
    }
    if (query % 16 === 15) yield;
  }
  return result;
}

const madeMaps = new Map();  // by what they are, the least recently used first
const madeLimit = 48e6;      // bytes
let madeBytes = 0;

// The map of a head, by its true number, or a summary of a layer's heads.
function* mapInSteps(maps, frame, layer, head) {
  const name = `${maps.element} ${frame} ${layer} ${head}`;
  let map = madeMaps.get(name);
  if (!map) {
    const layerIndex = maps.layers.indexOf(layer);
    const values = head === "rollout" ? yield* rolloutOf(maps, frame, layerIndex) :
      summaries.includes(head) ? overHeads(maps, frame, layerIndex, head) :
      fullMap(maps, frame, layerIndex, maps.heads.indexOf(head));
    map = { rows: maps.queries, columns: maps.keys, data: values, triangle: maps.triangle };
    madeBytes += values.byteLength;
  }
  madeMaps.delete(name);
  madeMaps.set(name, map);
  for (const [old, oldMap] of madeMaps) {
    if (madeBytes <= madeLimit || old === name) break;
    madeMaps.delete(old);
    madeBytes -= oldMap.data.byteLength;
  }
  return map;
}

function finish(steps) {
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}

function mapOf(maps, frame, layer, head) {
  return finish(mapInSteps(maps, frame, layer, head));
}
