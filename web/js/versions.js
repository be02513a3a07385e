// @ts-check
// A message's fields in all of its versions.
import { $, button, el, panel } from "./dom.js";

/**
 * @param {import("./engine.js").Engine} engine @param {import("./protocol.js").Frame} frame @param {string} path of the selected field
 * @param {(version: number) => void} choose reads the frame in another version
 */
export async function showVersions(engine, frame, path, choose) {
  const [message, ...fields] = await engine.versions(frame.side, frame.key);
  if (!message) return;
  const [low, high] = span(message[3], 0, 0);
  const all = Array.from({ length: high - low + 1 }, (_, i) => low + i), steps = path.replace(/\[\d+\]/g, "").split(".");
  const head = el("tr", {}, ...["Field", "Type", "Versions"].map((text) => el("th", { scope: "col" }, text)), ...all.map((v) => el("th",
    { scope: "col", class: v === frame.version ? "now" : "", ...(v === frame.version ? { "aria-current": true } : {}) },
    button(`${v}`, () => {
      $("panel").close();
      if (v !== frame.version) choose(v);
    }, { class: "quiet", "aria-label": `${v}: read as version ${v}` }))));
  /** @type {string[]} */ const names = [];
  const rows = fields.map(([depth, name, type, versions, note, about]) => {
    names.splice(+depth - 1, names.length, name);
    const [from, to] = span(versions, low, high), here = names.join(".") === steps.join(".");
    const field = el("th", { scope: "row", title: about }, name, ...(note ? [el("small", {}, note)] : []));
    field.style.setProperty("--depth", depth);
    return el("tr", here ? { class: "here", "aria-current": true } : {}, field, el("td", {}, type), el("td", {}, versions),
      ...all.map((v) => el("td", { class: v === frame.version ? "now" : "" }, v >= from && v <= to ? "●" : "")));
  });
  panel(message[1], el("p", {}, `${message[5]} Versions ${message[3]}${message[4] ? `, ${message[4]}` : ""}; this packet is version ${frame.version}. Choose a number to read it as that version.`),
    el("table", { class: "versions" }, el("thead", {}, head), el("tbody", {}, ...rows)));
  $("panel-body").querySelector(".here")?.scrollIntoView({ block: "center" });
}

/** "3+", "3-5" or "4" as two numbers. @param {string} text @param {number} low @param {number} high @returns {[number, number]} */
function span(text, low, high) {
  const [, from, to = text.endsWith("+") ? high : from] = /^(\d+)(?:-(\d+))?/.exec(text) ?? [, low, low - 1];
  return [+(from ?? low), +to];
}
