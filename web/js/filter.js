// @ts-check
// What is typed into the filter of the list: words that all must fit. A word
// with - before it must not; of values with commas between them one is enough.
import { bytesOfHex } from "./dom.js";
import { SLOT } from "./protocol.js";

/**
 * @typedef {(packets: import("./list.js").List, i: number) => boolean} Test
 * @typedef {{tests: Test[], needles: {bytes: Uint8Array, not: boolean}[]}} Filter needles are looked for by the engine
 */

const SIDES = ["request", "response", "batches"];

/** @param {string} text @returns {Filter} */
export function parseFilter(text) {
  /** @type {Filter} */
  const filter = { tests: [], needles: [] };
  for (const [word, minus, name, quoted, plain] of text.matchAll(/(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S*))/gi)) {
    if (!word || word === "-") continue;
    const value = quoted ?? plain, not = minus === "-";
    if ((name === "text" || name === "hex") && value) {
      const bytes = name === "text" ? new TextEncoder().encode(value) : Uint8Array.from(bytesOfHex(value.replace(/^0x|[^0-9a-f]/gi, "")));
      if (bytes.length) filter.needles.push({ bytes, not });
      continue;
    }
    const tests = value.toLowerCase().split(",").filter((v, k) => v || !k).map((v) => testOf(name?.toLowerCase() ?? "", v, word.slice(minus.length).toLowerCase()));
    filter.tests.push((p, i) => tests.some((test) => test(p, i)) !== not);
  }
  return filter;
}

/** @param {string} name @param {string} value @param {string} word the two together @returns {Test} */
function testOf(name, value, word) {
  const has = (/** @type {string} */ s) => s.toLowerCase().includes(value);
  const [from, to = from] = value.split("-").map(Number);
  switch (name) {
    case "api": return (p, i) => String(p.int(i, SLOT.KEY)) === value || (p.names.has(value) ? p.api(i).toLowerCase() === value : has(p.api(i)));
    case "v": return (p, i) => p.int(i, SLOT.VERSION) >= from && p.int(i, SLOT.VERSION) <= to;
    case "client": return (p, i) => has(p.client(i));
    case "conn": return (p, i) => p.int(i, SLOT.CONNECTION) === from;
    case "id": return (p, i) => p.int(i, SLOT.CORRELATION) === from;
    case "err": return (p, i) => /^\d+$/.test(value) ? p.code(i) === from : p.error(i) !== "" && has(p.error(i));
    case "text": case "hex": return () => true; // not typed yet
  }
  const side = /^(req|resp|batch)\w*$/.test(word) ? SIDES.findIndex((s) => s.startsWith(word) || word.startsWith(s)) : -1;
  if (side >= 0) return (p, i) => p.int(i, SLOT.SIDE) === side;
  return (p, i) => [p.string(i, SLOT.TITLE), p.string(i, SLOT.NOTE), p.client(i), p.error(i), p.gist(i)].some((s) => s.toLowerCase().includes(word));
}
