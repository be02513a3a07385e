// @ts-check
// A message's fields in all of its versions.
import { $, closing, el, panel, quiet, table } from "./dom.js";

/**
 * @param {import("./engine.js").Engine} engine @param {import("./protocol.js").Frame} frame @param {string} path of the selected field
 * @param {(version: number) => void} choose reads the frame in another version
 */
export async function showVersions(engine, frame, path, choose) {
  const [message, ...fields] = await engine.versions(frame.side, frame.key);
  if (!message) return;
  const [, title, , versions, flexible, about] = message, [low, high] = span(versions, 0, 0);
  const all = Array.from({ length: high - low + 1 }, (_, i) => {
    const v = low + i, now = v === frame.version;
    return { v, class: now ? "now" : "", "aria-current": now || undefined };
  });
  const head = [...["Field", "Type", "Versions"].map((text) => el("th", { scope: "col" }, text)),
    ...all.map(({ v, ...now }) => el("th", { scope: "col", ...now },
      quiet(`${v}`, closing(() => { if (!now.class) choose(v); }), { "aria-label": `${v}: read as version ${v}` })))];
  const selected = path.replace(/\[\d+\]/g, "");
  /** @type {string[]} */ const names = [];
  const rows = fields.map(([depth, name, type, versions, note, about]) => {
    names.splice(+depth - 1, names.length, name);
    const [from, to] = span(versions, low, high), here = names.join(".") === selected || undefined;
    const field = el("th", { scope: "row", title: about }, name, note && el("small", {}, note));
    field.style.setProperty("--depth", depth);
    return el("tr", { class: here && "here", "aria-current": here }, field, el("td", {}, type), el("td", {}, versions),
      ...all.map(({ v, ...now }) => el("td", { class: now.class }, v >= from && v <= to && "●")));
  });
  panel(title, el("p", {}, `${about} Versions ${versions}${flexible && `, ${flexible}`}; this packet is version ${frame.version}. Choose a number to read it as that version.`),
    table({ class: "versions" }, head, rows));
  $("panel-body").querySelector(".here")?.scrollIntoView({ block: "center" });
}

/** "3+", "3-5" or "4" as two numbers. @param {string} text @param {number} low @param {number} high @returns {[number, number]} */
function span(text, low, high) {
  const [, from, to = text.endsWith("+") ? high : from] = /^(\d+)(?:-(\d+))?/.exec(text) ?? [, low, low - 1];
  return [+(from ?? low), +to];
}
