// The page's data, and the weights, decoded when they are first looked at. A weight is a byte, 255
// times what it stands for; all maps are in these units.

function byId(id) {
  return document.getElementById(id);
}

const data = JSON.parse(byId("data").textContent);

// The largest error of a stored weight, as it is displayed.
const weightError = "± 0.002";

const decoded = new Map();  // element's id -> Uint8Array, the least recently used first
const decodedLimit = 64e6;  // bytes
let decodedBytes = 0;

function decodeBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function bytesOf(id) {
  let bytes = decoded.get(id);
  decoded.delete(id);
  if (!bytes) {
    bytes = decodeBase64(byId(id).textContent);
    decodedBytes += bytes.length;
  }
  decoded.set(id, bytes);
  for (const [old, oldBytes] of decoded) {
    if (decodedBytes <= decodedLimit || old === id) break;
    decoded.delete(old);
    decodedBytes -= oldBytes.length;
  }
  return bytes;
}

// One head's stored bytes: the lower triangle or the whole map. Elements are written by
// AttentionPage: a block of heads each, in the order of layers, then heads.
function storedBytes(maps, frame, layerIndex, headIndex) {
  const size = maps.triangle ? maps.queries * (maps.queries + 1) / 2 : maps.queries * maps.keys;
  const place = layerIndex * maps.heads.length + headIndex;
  const bytes = bytesOf(`${maps.element}-${frame}-${Math.floor(place / maps.block)}`);
  return bytes.subarray(place % maps.block * size, (place % maps.block + 1) * size);
}

function mapsOfKind(sequence, kind) {
  return sequence.maps.find((maps) => maps.kind === kind);
}

// What the page knows of a head, if anything.
const headInfo = new Map(data.heads.map((head) => [`${head.kind} ${head.layer} ${head.head}`, head]));

function infoOf(kind, layer, head) {
  return headInfo.get(`${kind} ${layer} ${head}`);
}
