// @ts-check
// Short words for what is done all over the page.

/** @typedef {Record<string, string | number | boolean | undefined>} Attributes what is undefined is not set */

/** An element of the page by its id. @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

/**
 * A new element. Children that are nothing ("", 0, false, null, undefined) are left out.
 * @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Attributes} [attributes] @param {...(string | Node | 0 | false | null | undefined)} children
 */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const name in attributes) if (attributes[name] !== undefined) e.setAttribute(name, String(attributes[name]));
  for (const child of children) if (child) e.append(child);
  return e;
}

/** @param {string | Node} text @param {(e: MouseEvent) => void} onclick @param {Attributes} [attributes] */
export function button(text, onclick, attributes) {
  const b = el("button", { type: "button", ...attributes }, text);
  b.onclick = onclick;
  return b;
}

/** A button that looks like a link. @param {string} text @param {(e: MouseEvent) => void} onclick @param {Attributes} [attributes] */
export const quiet = (text, onclick, attributes) => button(text, onclick, { class: "quiet", ...attributes });

/** @param {Attributes} attributes @param {Node[]} head cells @param {Node[]} rows */
export const table = (attributes, head, rows) => el("table", attributes, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));

/** Writes a text into an element of the page, which is hidden without one. @param {string} id @param {string} text */
export function write(id, text) {
  const e = $(id);
  if (e.textContent !== text) e.textContent = text; // the same text would be laid out again
  e.hidden = !text;
}

/** Has a screen reader say what has changed. @param {string} text */
export function say(text) { $("live").textContent = text; }

/** Opens the dialog of what is seldom asked for. @param {string} name @param {...(string | Node | false)} children */
export function panel(name, ...children) {
  $("panel-name").textContent = name;
  $("panel-body").replaceChildren(...children.filter((c) => c !== false));
  if (!$("panel").open) $("panel").showModal();
  $("panel-body").scrollTop = 0;
}

/** What a button of the dialog does, which closes it first. @param {() => void} act */
export const closing = (act) => () => {
  $("panel").close();
  act();
};

/** @param {string} name of the file @param {Blob} what */
export function download(name, what) {
  const href = URL.createObjectURL(what);
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Whether a key is pressed with another one that makes it the browser's. @param {KeyboardEvent} e */
export const modified = (e) => e.ctrlKey || e.metaKey || e.altKey;

/** Bytes as two digits each. @param {Uint8Array} bytes @param {string} [between] @param {string} [before] */
export function hexOf(bytes, between = " ", before = "") {
  return Array.from(bytes, (b) => before + b.toString(16).padStart(2, "0")).join(between);
}

/** And back; a digit alone at the end is none. @param {string} hex @returns {number[]} */
export const bytesOfHex = (hex) => hex.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [];

const { format } = new Intl.NumberFormat("en"); // toLocaleString makes one each time

/** @param {number} n */
export const number = (n) => format(n);

/** @param {number} n @param {string} [one] @param {string} [more] of what */
export const count = (n, one = "byte", more = `${one}s`) => `${number(n)} ${n === 1 ? one : more}`;

/** @param {number} bytes */
export const size = (bytes) => bytes < 1e6 ? count(bytes) : `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
