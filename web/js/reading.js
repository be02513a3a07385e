// @ts-check
// The line that says how a frame was read, and lets a person say otherwise.
import { $, button, el, write } from "./dom.js";
import { FRAME } from "./protocol.js";

/** @typedef {import("./protocol.js").Frame} Frame @typedef {import("./engine.js").API} API
 *  @typedef {{side: number, key: number, version: number}} As */

const MOST_OTHERS = 4;
const SIDE_BATCHES = 2;
const SIDE_FILE = 3; // which is read otherwise by choosing another format

/** @type {HTMLSelectElement[]} */
const [side, api, version] = ["side", "api", "version"].map($);

export class ReadingLine {
  /** @param {(as: As | null) => void} choose called with null to have it guessed again @param {(frame: number) => void} open */
  constructor(choose, open) {
    this.choose = choose;
    /** @type {Map<number, API>} */ this.apis = new Map();
    side.onchange = api.onchange = version.onchange = () => this.changed();
    $("guess").onclick = () => choose(null);
    $("pair").onclick = () => open(this.pair);
    this.pair = -1;
    /** @type {API | undefined} whose versions are listed */ this.known = undefined;
  }

  /** @param {API[]} apis */
  setAPIs(apis) {
    this.apis = new Map(apis.map((a) => [a.key, a]));
    const byName = [...apis].sort((a, b) => a.name.localeCompare(b.name));
    api.replaceChildren(...byName.map((a) => new Option(`${a.name} (${a.key})`, String(a.key))));
  }

  changed() {
    const { min, max } = this.apis.get(+api.value) ?? { min: 0, max: Infinity };
    this.choose({ side: +side.value, key: +api.value, version: Math.max(min, Math.min(max, +version.value)) }); // an API that is not chosen yet is number 0
  }

  /** @param {Frame | null} frame */
  show(frame) {
    $("chips").hidden = !frame;
    write("verdict", frame ? verdict(frame) : "");
    $("others").replaceChildren(...(frame ? this.others(frame) : []));
    if (!frame) return;
    const message = frame.side < SIDE_BATCHES, unknown = (frame.flags & FRAME.UNKNOWN) !== 0, known = this.apis.get(frame.key);
    if (side.value !== String(frame.side)) side.value = String(frame.side);
    side.hidden = frame.side === SIDE_FILE;
    api.hidden = version.hidden = !message;
    set(api, unknown ? "" : frame.key, unknown ? "choose an API" : `unknown (${frame.key})`);
    if (known !== this.known) {
      version.replaceChildren();
      if (known) for (let v = known.min; v <= known.max; v++) version.append(new Option(`v${v}`, String(v)));
      this.known = known; // the same options would be laid out again
    }
    set(version, unknown ? "" : frame.version, `v${frame.version}`);
    version.disabled = !known || unknown;
    write("header", message && !unknown ? `header v${frame.headerVersion}` : "");
    this.pair = frame.pair;
    write("pair", frame.pair < 0 ? "" : `${frame.side ? "to its request" : "to its answer"} #${frame.pair + 1}`);
    $("guess").hidden = !(frame.flags & FRAME.CHOSEN);
  }

  /** Other readings that use every byte, as buttons. @param {Frame} frame */
  others(frame) {
    const others = frame.readings.filter((r) => r.exact && !(r.side === frame.side && r.key === frame.key && r.version === frame.version));
    if (!others.length || frame.flags & FRAME.PAIRED) return [];
    return [el("span", { class: "fact" }, frame.err.text ? "fits without a rest:" : "also fits:"), ...others.slice(0, MOST_OTHERS).map((r) => {
      const name = `${this.apis.get(r.key)?.name ?? r.key} v${r.version}${r.side === frame.side ? "" : r.side ? " response" : " request"}`;
      return button(r.side === SIDE_BATCHES ? "record batches" : name, () => this.choose(r), { class: "chip" });
    })];
  }
}

/** Selects a value, adding it where the list has none. @param {HTMLSelectElement} list @param {number | string} value @param {string} text */
function set(list, value, text) {
  if (list.value === String(value) && list.selectedIndex >= 0) return;
  list.querySelector("[data-extra]")?.remove();
  list.value = String(value);
  if (list.selectedIndex >= 0) return;
  const extra = new Option(text, String(value), true, true);
  extra.dataset.extra = "";
  list.prepend(extra);
}

/** @param {Frame} frame */
function verdict({ side, flags, err, readings }) {
  const fits = side === 1 ? readings.filter((r) => r.exact).length : 0;
  if (err.text || !(flags & (FRAME.CHOSEN | FRAME.PAIRED | FRAME.EXACT))) return ""; // an error has a line of its own
  return `✓ every byte read${flags & FRAME.CHOSEN ? ", as chosen" : !(flags & FRAME.PAIRED) && fits > 1 ? `; ${fits} readings fit` : ""}`;
}
