// One scale of colours, even in lightness, as the figures have it (ColorBrewer's YlGnBu): on light
// paper from light to dark, on dark paper from dark to light. Exactly zero is left to the paper.

const scaleStops = [
  [0, 0xf7fbcb], [0.023, 0xedf8b1], [0.101, 0xc7e9b4], [0.24, 0x7fcdbb], [0.344, 0x41b6c4],
  [0.487, 0x1d91c0], [0.685, 0x225ea8], [0.842, 0x253494], [1, 0x081d58]];

function stopColour(place) {
  let i = 1;
  while (i < scaleStops.length - 1 && scaleStops[i][0] < place) ++i;
  const [from, a] = scaleStops[i - 1], [to, b] = scaleStops[i];
  const share = (place - from) / (to - from);
  return [16, 8, 0].map((shift) => {
    const low = a >> shift & 255, high = b >> shift & 255;
    return Math.round(low + share * (high - low));
  });
}

function scaleTable(dark) {
  return Array.from({ length: 256 }, (_, i) =>
    stopColour(dark ? 1 - i / 255 : i / 255));
}

const scaleTables = { light: scaleTable(false), dark: scaleTable(true) };

// Colours of all that is painted; the same as in viewer.css.
const themes = {
  light: { paper: "#ffffff", ink: "#1b1b1b", soft: "#5a5a5a", line: "#d4d4d4", query: "#b8410b",
    key: "#7a2a8c", mark: "#000000", halo: "#ffffff", stroke: "#1d5fa8" },
  dark: { paper: "#141517", ink: "#e8e8e8", soft: "#a8a8a8", line: "#3c3e42", query: "#ff9a5c",
    key: "#dd9cf0", mark: "#ffffff", halo: "#000000", stroke: "#8fd3e8" },
};

const darkPreferred = window.matchMedia("(prefers-color-scheme: dark)");
let chosenTheme = "";  // "light", "dark" or as the system has it

function themeName() {
  return chosenTheme || (darkPreferred.matches ? "dark" : "light");
}

function theme() {
  return themes[themeName()];
}

// Place in the table of a weight on a scale that ends at `top`, both in bytes' units.
function scalePlace(weight, top) {
  return Math.min(255, Math.round(255 * weight / top));
}

function cssColour([red, green, blue]) {
  return `rgb(${red},${green},${blue})`;
}

// What can be read on a colour of the table.
function inkOn([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#111111" : "#ffffff";
}

// A weight in bytes' units, as it is displayed.
function weightText(weight) {
  return (weight / 255).toFixed(3);
}
