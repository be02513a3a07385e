// @ts-check
// The panel about one field: what it is, where it lies, what it says, how its
// bits say it; and the form that gives it another value.
import { button, count, el, hexOf, quiet } from "./dom.js";
import { EDIT } from "./engine.js";
import { editable, NODE, range } from "./protocol.js";

/**
 * @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame @typedef {import("./protocol.js").Node} Field
 * @typedef {{select: (node: number) => void, step: (by: number) => void, source: (() => void) | null, how: () => Promise<string[][]>,
 *   edit: (op: number, a: number, b?: number, what?: string | Uint8Array) => Promise<string>, versions: () => void, leave: () => void}} Page
 *   how explains the field; edit answers why it was refused; leave puts the focus where fields are walked
 */

const RAW_BYTES = 64; // shown of a field; the rest is in the pane of bytes
const HOW_AFTER_MS = 40; // a walk with the arrow keys asks only where it stops
/** What the engine's explanations are called. @type {Record<string, string>} */
const TITLES = { bits: "Bits", varint: "Varint", zigzag: "Zigzag", "compact length": "Compact", flags: "Flags", "epoch ms": "Time", since: "Versions" };

export class Detail {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.scrolled = false; // to ask for it has the page laid out
    root.onscroll = () => { this.scrolled = true; };
    /** @type {Doc | null} */ this.doc = null;
    /** @type {Frame | null} */ this.frame = null;
    /** @type {Page | null} */ this.on = null;
    this.node = -1;
    this.bit = -1; // has the focus, or gets it back after an edit
    this.path = ""; // of the field, once it is known
  }

  clear() {
    this.doc = null;
    this.root.replaceChildren();
  }

  /** @param {Doc} doc @param {Frame} frame @param {number} i @param {Page} on */
  show(doc, frame, i, on) {
    const again = this.doc === doc && this.node === i;
    if (again && this.form?.isConnected) return; // texts came late, and somebody is typing
    const n = doc.node(i), path = doc.path(i), bytes = bytesOf(doc, n);
    Object.assign(this, { doc, frame, node: i, on });
    const crumbs = path.slice(0, -1).flatMap((p) => [quiet(p.name, () => on.select(p.index)), el("span", {}, "›")]);
    this.facts = el("dl", { class: "facts" });
    if (n.type) this.fact("Type", n.type, "type");
    const where = this.fact("Bytes", n.len === 0 ? `none, at ${n.off - frame.off}` : `${range(n.off - frame.off, n.len)} (${count(n.len)})`);
    if (n.flags & NODE.PLAIN) where.append(`, ${count(n.plainLen)} when decompressed`);
    else if (on.source && n.len) where.append(" ", quiet("show in the input", on.source));
    const lost = n.flags & NODE.ERROR && !n.len;
    this.value = n.value ? this.fact(lost ? "Error" : "Value", n.value, lost ? "" : "value") : null;
    if (n.meaning) this.fact(n.flags & NODE.ERROR ? "Error" : "Meaning", n.meaning);
    if (bytes.length) this.fact("Hex", hexOf(bytes.subarray(0, RAW_BYTES)) + (bytes.length > RAW_BYTES ? " …" : ""), "raw");
    if (element(n)) this.fact("Element", "").append(quiet("duplicate", () => this.change(EDIT.DUPLICATE)), " ", quiet("remove", () => this.change(EDIT.REMOVE)));
    this.wrong = el("p", { class: "wrong", role: "alert", id: "wrong" });
    this.how = again && this.how ? this.how : el("dl", { class: "facts" });
    this.root.replaceChildren(el("nav", { class: "crumbs", "aria-label": "Path" }, ...crumbs),
      el("div", { class: "head" }, el("h3", {}, n.name), el("span", { class: "steps" },
        editable(n) && button("Edit", () => this.edit(), { class: "step" }),
        button("‹", () => on.step(-1), { class: "step", "aria-label": "Field before", "aria-keyshortcuts": "p" }),
        button("›", () => on.step(1), { class: "step", "aria-label": "Field after", "aria-keyshortcuts": "n" }))),
      el("p", { class: "about" }, n.about), this.facts, this.wrong, this.how);
    if (again) return;
    if (this.scrolled) this.root.scrollTop = 0;
    this.scrolled = false;
    this.path = "";
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.explain(n), this.bit < 0 ? HOW_AFTER_MS : 0);
  }

  /** @param {string} name @param {string} value @param {string} [cls] @param {HTMLElement} [list] */
  fact(name, value, cls = "", list = this.facts) {
    const dd = el("dd", {}, value);
    list?.append(el("div", { class: cls }, el("dt", {}, name), dd));
    return dd;
  }

  /** Asks how the bytes make the value. @param {Field} n */
  async explain(n) {
    const { doc, on } = this, rows = await on?.how().catch(() => []) ?? []; // the engine stopped: its error stands elsewhere
    if (this.doc !== doc || this.node !== n.index) return;
    for (const [title, text] of rows) {
      if (title === "path") this.path = text;
      if (!TITLES[title]) continue;
      const dd = this.fact(TITLES[title], title === "bits" ? "" : text, "", this.how);
      if (title === "bits") dd.append(this.bits(n, text.split(" ")));
      if (title === "since") dd.append(" ", quiet("all versions", () => on?.versions()));
    }
  }

  /** Bits in groups of eight, each a button that flips it. @param {Field} n @param {string[]} groups */
  bits(n, groups) {
    const frame = /** @type {Frame} */ (this.frame), bytes = bytesOf(/** @type {Doc} */ (this.doc), n), at = n.off - frame.off;
    const varint = groups[0][0] === "[";
    const all = groups.flatMap((group, j) => [...group.replace(/\D/g, "")].map((bit, k) => {
      const more = varint && k === 0;
      return button(bit, () => this.flip(8 * j + k, at + j, bytes[j] ^ 128 >> k), {
        class: more ? "bit more" : "bit", tabindex: j || k ? -1 : 0, disabled: n.flags & NODE.PLAIN ? true : undefined, // it has no place among the bytes
        "aria-label": `${bit}, bit ${7 - k} of byte ${at + j}${more ? ", another byte follows if it is 1" : ""}`,
      });
    }));
    const box = el("div", { class: "bits", role: "group", "aria-label": `Bits ${groups.join(", ")}${varint ? "; the first of each byte says whether another byte follows" : ""}` },
      ...groups.map((_, j) => el("span", { class: "byte" },
        el("span", { class: "cap", "aria-hidden": true }, hexOf(bytes.subarray(j, j + 1))), ...all.slice(8 * j, 8 * j + 8))));
    box.onkeydown = (e) => {
      const now = all.indexOf(/** @type {any} */ (document.activeElement));
      const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[e.key];
      if (to === undefined || !all[to]) return;
      e.preventDefault();
      all[to].focus();
    };
    box.addEventListener("focusin", (e) => all.forEach((b) => { b.tabIndex = b === e.target ? 0 : -1; }));
    if (this.bit >= 0) setTimeout(() => { all[Math.min(this.bit, all.length - 1)].focus(); this.bit = -1; });
    return box;
  }

  /** @param {number} bit @param {number} at @param {number} byte what it becomes */
  async flip(bit, at, byte) {
    this.bit = bit;
    await this.change(EDIT.WRITE, at, 1, Uint8Array.of(byte));
  }

  /** Opens the form for another value. */
  edit() {
    const { doc, frame, node, on } = this, n = doc?.node(node);
    if (!doc || !frame || !n || !editable(n)) return this.tell("This has no value of its own: set one of its fields.");
    const input = el("input", { "aria-label": `Value of ${n.name}`, "aria-describedby": "wrong", spellcheck: false, autocomplete: "off", autocapitalize: "off" });
    input.value = valueOf(doc, n);
    const close = () => {
      this.form?.remove();
      this.show(doc, frame, node, /** @type {Page} */ (on));
      on?.leave();
    };
    this.form = el("form", { class: "edit" }, input, " ", el("button", {}, "Apply"), " ", button("Cancel", close));
    this.form.onsubmit = async (e) => {
      e.preventDefault();
      if (await this.change(EDIT.SET, node - frame.first, 0, input.value)) on?.leave();
      else input.focus();
    };
    this.form.onkeydown = (e) => {
      e.stopPropagation();
      if (e.key === "Escape") close();
    };
    (this.value ?? this.fact("Value", "", "value")).replaceChildren(this.form);
    input.focus();
    const quoted = input.value[0] === '"' ? 1 : 0;
    input.setSelectionRange(quoted, input.value.length - quoted);
  }

  /** Makes an edit; false if it was refused. @param {number} op @param {number} [a] @param {number} [b] @param {string | Uint8Array} [what] */
  async change(op, a = this.node - (this.frame?.first ?? 0), b = 0, what = "") {
    const why = await this.on?.edit(op, a, b, what) ?? "";
    this.tell(why);
    return !why;
  }

  /** @param {string} why */
  tell(why) { if (this.wrong) this.wrong.textContent = why; }
}

/** Whether it can be there twice, or go. @param {Field} n */
const element = (n) => /\[\d+\]$/.test(n.name) || n.type === "TAGGED_FIELD";

/** Its bytes, decompressed if need be. @param {Doc} doc @param {Field} n */
export function bytesOf(doc, n) {
  return n.flags & NODE.PLAIN ? doc.plain.subarray(n.plainOff, n.plainOff + n.plainLen) : doc.bytes.subarray(n.off, n.off + n.len);
}

/** A value in full, as the engine takes it. @param {Doc} doc @param {Field} n */
function valueOf(doc, n) {
  const content = n.flags & NODE.BRANCH ? doc.node(n.index + 2) : n; // behind its length
  if (content === n && !n.value.includes("…")) return n.value;
  const bytes = bytesOf(doc, content);
  try {
    if (content.flags & NODE.TEXT) return JSON.stringify(new TextDecoder("utf-8", { fatal: n.type.startsWith("BYTES"), ignoreBOM: true }).decode(bytes));
  } catch { /* only its start is text */ }
  return hexOf(bytes, "");
}

/** What a screen reader hears for a byte chosen among the bytes. @param {Doc} doc @param {Frame} frame @param {number} i */
export function spoken(doc, frame, i) {
  const n = doc.node(i), at = range(n.off - frame.off, n.len).replace("–", " to ");
  return `${n.name}, ${n.type}, bytes ${at}${n.value ? `, ${n.value}` : ""}${n.meaning ? `, ${n.meaning}` : ""}`;
}
