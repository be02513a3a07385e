// @ts-check
// Changes of the bytes, and the way back; what an error suggests; whether a
// frame's values make its bytes again.
import { $, button, bytesOfHex, el, quiet } from "./dom.js";
import { EDIT } from "./engine.js";

/**
 * @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame @typedef {import("./protocol.js").Hint} Hint
 * @typedef {import("./engine.js").Choice} Choice
 * @typedef {{frame: number, was?: Uint8Array, now?: Uint8Array, before: Choice[], after: Choice[]}} Step without bytes it changed
 *   nothing but how a frame is read
 * @typedef {{shown: () => {all: Doc, frame: Frame | null}, hold: () => Promise<void>, show: (doc: Doc, frame: number, node: number, range?: [number, number]) => Promise<void>,
 *   choose: (as: Hint) => void, read: (frame: number) => void, goTo: (byte: number) => void, original: ((frame: number) => void) | null,
 *   adopt: () => void, trouble: (err: any) => void}} Page hold waits until no live view changes
 *   what is shown; original reads the input anew, if it is short; adopt makes the bytes the input
 */

const MAX_STEPS = 500;
const MAX_BYTES = 64 << 20; // of all steps
const CHECK_AFTER_MS = 150; // typing is not held up

export class Edits {
  /** @param {import("./engine.js").Engine} engine @param {Page} page */
  constructor(engine, page) {
    this.engine = engine;
    this.page = page;
    /** @type {Step[]} */ this.done = [];
    /** @type {Step[]} */ this.undone = [];
    this.last = Promise.resolve("");
    $("undo").onclick = () => this.undo();
    $("redo").onclick = () => this.redo();
    $("mend").onclick = () => this.make(EDIT.MEND).then((why) => why && page.trouble(why));
    $("adopt").onclick = () => page.adopt();
    document.addEventListener("keydown", (e) => {
      if (!(e.ctrlKey || e.metaKey) || e.altKey || /** @type {Element} */ (e.target).matches("input, textarea") || document.querySelector("dialog[open]")) return;
      const key = e.key.toLowerCase();
      if (key === "y" || key === "z" && e.shiftKey) this.redo();
      else if (key === "z") this.undo();
      else return;
      e.preventDefault();
    });
  }

  /** Whether the bytes are no longer those of the input. */
  get any() { return this.done.some((s) => s.was); }

  /** There is a new input. */
  clear() {
    this.done = [];
    this.undone = [];
    this.buttons();
  }

  /**
   * Makes an edit of the frame that is shown, after those before it; see Engine.edit.
   * @param {number} op @param {number} [a] @param {number} [b] @param {string | Uint8Array} [what] @param {[number, number]} [range] bytes to select
   * @returns {Promise<string>} why it was refused, or ""
   */
  make(op, a = 0, b = 0, what = "", range) {
    return this.next(async () => {
      const { all, frame } = this.page.shown();
      if (!frame) return "";
      const was = bytesOf(all, frame), at = frame.index, { choices } = this.engine;
      const { doc, refused, select } = await this.engine.edit(at, op, a, b, what);
      if (!doc) return refused;
      const now = bytesOf(doc, doc.frame(at));
      if (was.length !== now.length || was.some((byte, i) => byte !== now[i])) this.note({ frame: at, was, now, before: choices, after: choices });
      await this.page.show(doc, at, select, range);
      return "";
    });
  }

  /** @param {() => Promise<string>} step @returns {Promise<string>} */
  next(step) {
    return this.last = this.last.then(() => this.page.hold()).then(step).catch((err) => {
      this.page.trouble(err);
      return "";
    });
  }

  /** Keeps a step that was made. @param {Step} step */
  note(step) {
    this.undone = [];
    this.done.push(step);
    let bytes = 0, keep = this.done.length;
    while (keep > 0 && this.done.length - keep < MAX_STEPS && bytes < MAX_BYTES) bytes += 2 * (this.done[--keep].was?.length ?? 0);
    this.done.splice(0, bytes < MAX_BYTES ? keep : keep + 1);
    this.buttons();
  }

  undo() { this.move(this.done, this.undone, "was", "before"); }

  redo() { this.move(this.undone, this.done, "now", "after"); }

  /** @param {Step[]} from @param {Step[]} to @param {"was" | "now"} bytes @param {"before" | "after"} choices */
  move(from, to, bytes, choices) {
    this.next(async () => {
      const step = from.pop(), { page } = this;
      if (!step) return "";
      to.push(step);
      this.buttons();
      this.engine.choices = step[choices];
      const what = step[bytes];
      if (!what) page.read(step.frame);
      else if (!this.any && page.original) page.original(step.frame); // with its places in the text
      else {
        const { doc } = await this.engine.edit(step.frame, EDIT.REPLACE, 0, 0, what);
        if (doc) await page.show(doc, step.frame, -1, [doc.frame(step.frame).off + differs(step), 0]);
      }
      return "";
    });
  }

  buttons() {
    $("undo").hidden = $("redo").hidden = !this.done.length && !this.undone.length;
    $("undo").disabled = !this.done.length;
    $("redo").disabled = !this.undone.length;
    $("adopt").hidden = !this.any;
  }

  /** Shows what an error suggests, and whether the values of a frame make its bytes again. @param {Frame | null} frame */
  show(frame) {
    const hints = frame?.hints ?? [];
    $("hints").hidden = !hints.length;
    $("hints").replaceChildren(...hints.map((h) => el("li", {},
      button("Try", () => this.try(h), { class: "chip", "aria-label": `Try: ${h.text}` }), " ", h.text)));
    $("mend").hidden = !frame?.err.text;
    clearTimeout(this.soon);
    $("trip").style.visibility = "hidden"; // until it is known again: the line around it stays as it is
    if (frame && !frame.err.text) this.soon = setTimeout(() => this.check(frame), CHECK_AFTER_MS);
    else $("trip").replaceChildren();
  }

  /** @param {Frame} frame */
  async check(frame) {
    const at = await this.engine.roundTrip(frame.index).catch(() => -2), { page } = this;
    if (page.shown().frame !== frame || at === -2) return;
    $("mend").hidden = at < 0;
    $("trip").style.visibility = "visible";
    $("trip").replaceChildren(at < 0 ? "✓ round-trips" : quiet(`first differs at byte ${at} when written again`, () => page.goTo(frame.off + at)));
  }

  /** Does what an error suggests. @param {Hint} h */
  async try(h) {
    if (!h.edit) return this.page.choose(h);
    const at = h.off - (this.page.shown().frame?.off ?? 0);
    await this.page.hold();
    const { all, frame } = this.page.shown();
    if (!frame) return;
    const was = bytesOf(all, frame), now = Uint8Array.from([...was.subarray(0, at), ...bytesOfHex(h.insert), ...was.subarray(at + h.del)]);
    if (h.size >= 0) new DataView(now.buffer).setInt32(0, h.size);
    this.make(EDIT.REPLACE, 0, 0, now, [frame.off + at, frame.off + at]);
  }
}

/** @param {Doc} doc @param {Frame} f */
export const bytesOf = (doc, f) => doc.bytes.slice(f.off, f.off + f.len);

/** The first byte that a step changed. @param {Step} step */
function differs({ was = new Uint8Array(), now = was }) {
  let i = 0;
  while (i < was.length - 1 && was[i] === now[i]) i++;
  return i;
}
