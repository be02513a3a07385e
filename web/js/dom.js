// @ts-check
// Two short words for what is done all over the page.

/** An element of the page by its id. @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

/** A new element. @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Record<string, string | number | boolean>} [attributes] @param {...(string | Node)} children */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const name in attributes) e.setAttribute(name, String(attributes[name]));
  e.append(...children);
  return e;
}

/** @param {string | Node} text @param {(e: MouseEvent) => void} onclick @param {Record<string, string | number | boolean>} [attributes] */
export function button(text, onclick, attributes = {}) {
  const b = el("button", { type: "button", ...attributes }, text);
  b.onclick = onclick;
  return b;
}

/** Opens the dialog of what is seldom asked for. @param {string} name @param {...(string | Node)} children */
export function panel(name, ...children) {
  $("panel-name").textContent = name;
  $("panel-body").replaceChildren(...children);
  if (!$("panel").open) $("panel").showModal();
  $("panel-body").scrollTop = 0;
}

/** Bytes as two digits each. @param {Uint8Array} bytes @param {string} [between] @param {string} [before] */
export function hexOf(bytes, between = " ", before = "") {
  return Array.from(bytes, (b) => before + b.toString(16).padStart(2, "0")).join(between);
}
