// @ts-check
// Two short words for what is done all over the page.

/** An element of the page by its id. @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

/** A new element. @param {string} tag @param {Record<string, string | number | boolean>} [attributes] @param {...(string | Node)} children */
export function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const name in attributes) e.setAttribute(name, String(attributes[name]));
  e.append(...children);
  return e;
}
