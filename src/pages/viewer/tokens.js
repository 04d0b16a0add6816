// Tokens as people read them. They are text: they reach the page as text nodes or are painted.

const sourceKinds = ["encoder", "cross"];

function keyTokens(sequence, kind) {
  return sourceKinds.includes(kind) ? sequence.source_tokens : sequence.tokens;
}

function queryTokens(sequence, kind) {
  if (kind !== "cross") return keyTokens(sequence, kind);
  return sequence.written.length ? sequence.written : sequence.tokens;
}

const signs = { "\n": "↵", "\t": "⇥" };

// `character`: with all that joins it (a family of emoji is one).
function visibleCharacter(character) {
  const code = character.codePointAt(0);
  if (signs[character]) return signs[character];
  if (character === "\r\n") return "\\x0D↵";
  if (code < 0x20 || code === 0x7f) return "\\x" + code.toString(16).toUpperCase().padStart(2, "0");
  const unseen = /[\u0080-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/u;
  if (!unseen.test(String.fromCodePoint(code))) return character;
  return "U+" + code.toString(16).toUpperCase().padStart(4, "0");
}

// Spaces at the ends "␣", newline "↵", tab "⇥", what can't be seen by its number, an empty token "∅".
function visible(token) {
  if (/^[!-~]+$/.test(token)) return token;
  if (token === "") return "∅";
  const inner = token.replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));
  return characters(inner).map(visibleCharacter).join("");
}

const graphemes = window.Intl && Intl.Segmenter ? new Intl.Segmenter() : null;

function characters(text) {
  return graphemes ? Array.from(graphemes.segment(text), (part) => part.segment) : Array.from(text);
}

function shortened(text, length) {
  if (text.length <= length) return text;
  const parts = characters(text);
  return parts.length <= length ? text : parts.slice(0, length - 1).join("") + "…";
}

// For painting: the direction of one token has no effect on its neighbours.
function isolated(text) {
  return "\u2068" + text + "\u2069";
}

// An element for a token, the full text on hover where it is shortened.
function tokenElement(token, length = 24) {
  const element = document.createElement("bdi");
  const full = visible(token);
  element.textContent = shortened(full, length);
  if (element.textContent !== full) element.title = full;
  return element;
}

function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
