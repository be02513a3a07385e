// @ts-check
// A packet that is kept, and how another one differs from it, by field.
import { $, button, closing, count, el, panel, quiet, say, table } from "./dom.js";

/** @typedef {import("./protocol.js").Frame} Frame */

const MAX_ROWS = 1000;
/** @type {Record<string, string>} */
const KINDS = { "~": "≠ changed", "+": "+ only here", "-": "− only there" };

export class Compare {
  /** @param {import("./engine.js").Engine} engine @param {() => Frame | null} shown @param {(node: number) => void} select @param {(err: any) => void} trouble */
  constructor(engine, shown, select, trouble) {
    this.engine = engine;
    this.shown = shown;
    this.select = select;
    this.title = "";
    this.run = () => this.key().catch(trouble);
    $("pin").onclick = this.run;
    $("unpin").onclick = () => {
      this.pin(null);
      $("pin").focus();
    };
    this.pin(null);
  }

  /** Pins the packet that is shown, or compares it with the pinned one. */
  async key() {
    const frame = this.shown();
    if (!frame) return;
    if (!this.title) await this.pin(frame);
    else await this.show(frame);
  }

  /** @param {Frame | null} frame */
  async pin(frame) {
    const asked = frame || this.title ? this.engine.pin(frame) : null;
    this.title = frame?.title ?? ""; // at once: the key may be pressed again
    await asked;
    $("pin").textContent = frame ? `Compare with ${this.title}` : "Pin to compare";
    $("unpin").hidden = !frame;
    if (frame) say(`${this.title} is pinned. Go to another packet and press d to compare.`);
  }

  /** @param {Frame} frame */
  async show(frame) {
    const [[, there, here, equal], ...rows] = await this.engine.compare(frame.index);
    const told = `${rows.length ? count(rows.length, "field differs", "fields differ") : "No fields differ"}, ${equal} ${equal === "1" ? "is" : "are"} equal. Lengths, counts, sizes and checksums follow from the others and are left out.`;
    const head = ["", "Field", `There: ${there}`, `Here: ${here}`].map((text) => text ? el("th", { scope: "col" }, text) : el("td"));
    const body = rows.slice(0, MAX_ROWS).map(([kind, path, old, now, node]) => el("tr", {},
      el("td", { class: "kind" }, KINDS[kind]),
      el("th", { scope: "row" }, +node < 0 ? path : quiet(path, closing(() => this.select(frame.first + +node)))),
      el("td", {}, old), el("td", {}, now)));
    panel("Compare", el("p", {}, told), rows.length > 0 && table({}, head, body),
      rows.length > MAX_ROWS && el("p", {}, `${rows.length - MAX_ROWS} more are not shown.`),
      button("Pin this packet instead", closing(() => this.pin(frame))));
  }
}
