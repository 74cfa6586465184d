// Sharing: the link, the code, the pass in LaTeX, a frame, and the picture as shown.

import { element } from "./dom.js";

const SHARP = 2; // pixels of a PNG for each of the picture

export const SHARE_OPTIONS = [["", "Share"], ["link", "Copy link"], ["code", "Copy Python"], ["latex", "Copy LaTeX"], ["embed", "Copy embed code"], ["svg", "Save SVG"], ["png", "Save PNG"]];

/** The picture of a player as an SVG file with its styles. */
function picture({ graph }) {
  const svg = graph.svg.cloneNode(true);
  svg.removeAttribute("style");
  svg.prepend(element("style", {}, document.querySelector("style").textContent));
  return `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
}

/** The picture as a PNG file. */
const pixels = async (player) => {
  const image = element("img", { src: picture(player) }), { width, height } = player.graph.svg.viewBox.baseVal;
  await image.decode();
  const canvas = element("canvas", { width: SHARP * width, height: SHARP * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
};

/** Copy a text, or show it for copying; resolves to a message. */
export const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    prompt("Copy this:", text); // a frame, or a page without https, may not write to the clipboard
  }
  return "Copied";
};

/** Copy or save what was chosen; resolves to a message. */
export const shareAs = async (player, what) => {
  const { lesson } = player, recorded = lesson.recorded.every((x, i) => Object.is(x, player.numbers[i]));
  if (what === "svg" || what === "png") {
    element("a", { href: what === "svg" ? picture(player) : await pixels(player), download: `${player.data.id}-${player.step}.${what}` }).click();
    return "Saved";
  }
  if (what === "latex" && !lesson.latex) return "LaTeX is available for the first form only";
  const text = {
    link: location.href, code: `${lesson.code.join("\n")}\n`, embed: element("iframe", { src: location.href, width: 1280, height: 720 }).outerHTML,
    latex: `${recorded ? "" : "% with the numbers of the example, not the ones you typed\n"}${lesson.latex}\n`,
  }[what];
  return copyText(text);
};
