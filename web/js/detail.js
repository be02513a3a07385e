// @ts-check
// The panel about one field: what it is, where it lies, what it says.
import { NODE } from "./protocol.js";
import { range } from "./tree.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

const RAW_BYTES = 64; // shown of a field; the rest is in the pane of bytes

/**
 * @param {HTMLElement} root @param {Doc} doc @param {Frame} frame @param {number} i
 * @param {{select: (node: number) => void, step: (by: number) => void, source: ((byte: number) => void) | null}} on
 */
export function showDetail(root, doc, frame, i, on) {
  const n = doc.node(i), path = doc.path(frame, i);
  const crumbs = el("nav", "crumbs");
  crumbs.setAttribute("aria-label", "Path");
  path.slice(0, -1).forEach((p) => {
    const b = /** @type {HTMLButtonElement} */ (el("button", "crumb", p.name));
    b.type = "button";
    b.onclick = () => on.select(p.index);
    crumbs.append(b, el("span", "sep", "›"));
  });

  const head = el("div", "head");
  const title = el("h3", "", n.name);
  const steps = el("span", "steps");
  for (const [text, label, by] of /** @type {const} */ ([["‹", "Field before", -1], ["›", "Field after", 1]])) {
    const b = /** @type {HTMLButtonElement} */ (el("button", "step", text));
    b.type = "button";
    b.setAttribute("aria-label", label);
    b.onclick = () => on.step(by);
    steps.append(b);
  }
  head.append(title, steps);

  const list = el("dl", "facts");
  const fact = (/** @type {string} */ name, /** @type {string | Node} */ value, cls = "") => {
    const row = el("div", cls), dd = el("dd");
    dd.append(/** @type {any} */ (value));
    row.append(el("dt", "", name), dd);
    list.append(row);
    return dd;
  };
  if (n.type) fact("Type", n.type, "type");
  const where = fact("Bytes", n.len === 0 ? `none, at ${n.off - frame.off}` : `${range(n.off - frame.off, n.len)} (${n.len} ${n.len === 1 ? "byte" : "bytes"})`);
  if (on.source && n.len > 0) {
    const b = /** @type {HTMLButtonElement} */ (el("button", "quiet", "show in the input"));
    b.type = "button";
    b.onclick = () => on.source?.(n.off);
    where.append(" ", b);
  }
  if (n.value && n.flags & NODE.ERROR && n.len === 0) fact("Error", n.value);
  else if (n.value) fact("Value", n.value, "value");
  if (n.meaning) fact(n.flags & NODE.ERROR ? "Error" : "Meaning", n.meaning);
  if (n.len > 0) fact("Hex", hexOf(doc.bytes.subarray(n.off, n.off + Math.min(n.len, RAW_BYTES))) + (n.len > RAW_BYTES ? " …" : ""), "raw");
  root.replaceChildren(...(path.length > 1 ? [crumbs] : []), head, ...(n.about ? [el("p", "about", n.about)] : []), list);
  root.scrollTop = 0;
}

/** What a screen reader hears for a byte chosen among the bytes. @param {Doc} doc @param {Frame} frame @param {number} i */
export function spoken(doc, frame, i) {
  const n = doc.node(i), at = range(n.off - frame.off, n.len).replace("–", " to ");
  return `${n.name}, ${n.type}, bytes ${at}${n.value ? `, ${n.value}` : ""}${n.meaning ? `, ${n.meaning}` : ""}`;
}

/** @param {Uint8Array} bytes */
export function hexOf(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}

/** @param {string} tag @param {string} [cls] @param {string} [text] */
function el(tag, cls = "", text = "") {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text) e.textContent = text;
  return e;
}
