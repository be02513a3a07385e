// @ts-check
// The line that says how a frame was read, and lets a person say otherwise.
import { $, el } from "./dom.js";
import { FRAME } from "./protocol.js";

/** @typedef {import("./protocol.js").Frame} Frame @typedef {import("./engine.js").API} API
 *  @typedef {{side: number, key: number, version: number}} As */

const MOST_OTHERS = 4;
const SIDE_BATCHES = 2;
const SIDE_FILE = 3; // which is read otherwise by choosing another format

export class ReadingLine {
  /** @param {(as: As | null) => void} choose called with null to have it guessed again @param {(frame: number) => void} open */
  constructor(choose, open) {
    this.choose = choose;
    this.pair = $("pair");
    this.pair.onclick = () => open(+(this.pair.dataset.frame ?? 0));
    this.side = $("side");
    this.api = $("api");
    this.version = $("version");
    this.header = $("header");
    this.guess = $("guess");
    this.verdict = $("verdict");
    this.others = $("others");
    this.chips = $("chips");
    /** @type {Map<number, API>} */ this.apis = new Map();
    this.chips.hidden = true;
    for (const s of [this.side, this.api, this.version]) s.onchange = () => this.changed(s);
    this.guess.onclick = () => this.choose(null);
  }

  /** @param {API[]} apis */
  setAPIs(apis) {
    this.apis = new Map(apis.map((a) => [a.key, a]));
    const byName = [...apis].sort((a, b) => a.name.localeCompare(b.name));
    this.api.replaceChildren(...byName.map((a) => new Option(`${a.name} (${a.key})`, String(a.key))));
  }

  /** @param {HTMLSelectElement} s */
  changed(s) {
    const api = this.apis.get(+this.api.value);
    let version = +this.version.value;
    if (api && s === this.api) version = Math.max(api.min, Math.min(api.max, version));
    this.choose({ side: +this.side.value, key: +this.api.value, version }); // an API that is not chosen yet is number 0
  }

  /** @param {Frame | null} frame */
  show(frame) {
    const batches = frame?.side === SIDE_BATCHES, file = frame?.side === SIDE_FILE;
    this.chips.hidden = !frame;
    this.others.replaceChildren();
    this.verdict.textContent = "";
    if (!frame) return;
    const unknown = (frame.flags & FRAME.UNKNOWN) !== 0;
    this.side.value = String(frame.side);
    this.side.hidden = file;
    this.api.hidden = this.version.hidden = batches || file;
    this.setChoice(this.api, frame.key, unknown ? "choose an API" : `unknown (${frame.key})`, unknown);
    const api = this.apis.get(frame.key);
    this.version.replaceChildren();
    if (api) for (let v = api.min; v <= api.max; v++) this.version.append(new Option(`v${v}`, String(v)));
    this.setChoice(this.version, frame.version, `v${frame.version}`, unknown);
    this.version.disabled = !api || unknown;
    this.header.textContent = unknown || batches || file ? "" : `header v${frame.headerVersion}`;
    this.pair.hidden = frame.pair < 0;
    this.pair.dataset.frame = String(frame.pair);
    this.pair.textContent = `${frame.side ? "to its request" : "to its answer"} #${frame.pair + 1}`;
    this.guess.hidden = !(frame.flags & FRAME.CHOSEN);
    this.showVerdict(frame);
    this.showOthers(frame);
  }

  /** Selects a value, adding it where the list has none. @param {HTMLSelectElement} s @param {number} value @param {string} text @param {boolean} none */
  setChoice(s, value, text, none) {
    s.querySelector("[data-extra]")?.remove();
    if (none || ![...s.options].some((o) => o.value === String(value))) {
      const extra = new Option(text, none ? "" : String(value));
      extra.dataset.extra = "";
      s.prepend(extra);
      s.selectedIndex = 0;
    } else {
      s.value = String(value);
    }
  }

  /** @param {Frame} frame */
  showVerdict(frame) {
    const fits = frame.side === 1 ? frame.readings.filter((r) => r.exact).length : 0;
    const how = frame.flags & FRAME.CHOSEN ? ", as chosen" : !(frame.flags & FRAME.PAIRED) && fits > 1 ? `; ${fits} readings fit` : "";
    const read = !frame.err.text && frame.flags & (FRAME.CHOSEN | FRAME.PAIRED | FRAME.EXACT); // an error has a line of its own
    this.verdict.textContent = read ? `✓ every byte read${how}` : "";
  }

  /** Other readings that use every byte. @param {Frame} frame */
  showOthers(frame) {
    const others = frame.readings.filter((r) => r.exact && !(r.side === frame.side && r.key === frame.key && r.version === frame.version));
    if (!others.length || frame.flags & FRAME.PAIRED) return;
    this.others.append(el("span", { class: "fact" }, frame.err.text ? "fits without a rest:" : "also fits:"));
    for (const r of others.slice(0, MOST_OTHERS)) {
      const b = el("button", { type: "button", class: "chip" }, r.side === SIDE_BATCHES ? "record batches"
        : `${this.apis.get(r.key)?.name ?? r.key} v${r.version}${r.side === frame.side ? "" : r.side ? " response" : " request"}`);
      b.onclick = () => this.choose(r);
      this.others.append(" ", b);
    }
  }
}
