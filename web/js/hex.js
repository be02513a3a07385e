// @ts-check
// The bytes of a frame as rows of hex. Rows are drawn only where they are
// seen, one text node each; colours are the CSS Custom Highlight API, so that
// hovering touches no element.
import { el, modified } from "./dom.js";
import { KINDS, NODE } from "./protocol.js";
import { Rows } from "./rows.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

// In the order of painting: what comes later covers.
const MARKS = ["offset", "ascii", "structure", "text", "opaque", "unread", "parent", "hover", "selected", "error", "cursor"];

export class Hex {
  /**
   * @param {HTMLElement} root
   * @param {{select: (node: number, by: "hex", byte: number) => void, hover: (node: number) => void,
   *   write: (at: number, instead: number, ...bytes: number[]) => void}} on write puts bytes in the place of others
   */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    /** @type {Doc} there is one before anything is drawn */ this.doc;
    /** @type {Frame | null} */ this.frame = null;
    this.columns = 16;
    this.chars = 0; // that have place in a row
    this.digits = 4; // of an offset
    this.charWidth = 1;
    this.selected = -1;
    this.hovered = -1;
    this.cursor = -1; // also behind the last byte, where more can be typed
    this.typed = -1; // the first digit of a byte
    this.ruler = el("span", { class: "ruler", "aria-hidden": true }, "0".repeat(64));
    this.scale = el("div", { class: "scale", "aria-hidden": true });
    root.append(this.ruler, this.scale);
    this.rows = new Rows(root, (r) => el("div", { class: "row" }, this.rowText(r)), () => this.paint());
    this.rows.space.setAttribute("aria-hidden", "true"); // the live region speaks the byte at the cursor
    /** @type {Map<string, any>} */ this.marks = new Map();
    if (CSS.highlights) {
      MARKS.forEach((name, i) => {
        const h = new Highlight();
        h.priority = i;
        this.marks.set(name, h);
        CSS.highlights.set(`hex-${name}`, h);
      });
    }
    root.addEventListener("keydown", (e) => this.key(e));
    root.addEventListener("pointermove", (e) => this.setHover(this.byteAt(e)));
    root.addEventListener("pointerleave", () => this.setHover(-1));
    root.addEventListener("click", (e) => this.pick(this.byteAt(e)));
    new ResizeObserver(() => {
      this.charWidth = this.ruler.getBoundingClientRect().width / 64;
      this.chars = Math.floor((root.clientWidth - 2 * parseFloat(getComputedStyle(root).paddingLeft)) / this.charWidth);
      this.resize();
      this.rows.draw();
    }).observe(root);
  }

  /** @param {Doc} doc @param {Frame | null} frame @param {boolean} edited the cursor stays where it is */
  show(doc, frame, edited) {
    this.doc = doc;
    this.frame = frame;
    this.selected = this.hovered = -1;
    if (!edited) this.cursor = this.typed = this.rows.top = -1;
    this.cursor = Math.min(this.cursor, this.length);
    this.resize();
  }

  get length() { return this.frame?.len ?? 0; }

  /** Chooses 16 or 8 bytes a row, and whether characters fit beside them. */
  resize() {
    this.digits = this.length > 0xffff ? 8 : 4;
    this.columns = this.chars >= this.width(16) ? 16 : 8;
    const scale = Array.from({ length: this.columns }, (_, c) => (c === 8 ? " " : "") + c.toString(16).padStart(2, " "));
    this.scale.textContent = this.length ? " ".repeat(this.digits + 2) + scale.join(" ") : "";
    this.rows.change(this.rowCount);
  }

  /** Characters that a row of n bytes takes. @param {number} n */
  width(n) { return this.digits + 2 + 3 * n + (n > 8 ? 1 : 0) + 1 + n; }

  /** Where byte column c begins in a row. @param {number} c */
  hexAt(c) { return this.digits + 2 + 3 * c + (c >= 8 ? 1 : 0); }

  /** Where its character stands. @param {number} c */
  charAt(c) { return this.width(this.columns) - this.columns + c; }

  /** @param {number} r */
  rowText(r) {
    const { doc, frame, columns } = this;
    if (!frame) return "";
    const from = r * columns, to = Math.min(from + columns, frame.len);
    let text = from.toString(16).padStart(this.digits, "0") + "  ", chars = "";
    for (let c = 0; c < columns; c++) {
      if (c === 8) text += " ";
      const i = from + c;
      if (i === this.cursor && this.typed >= 0) {
        text += this.typed.toString(16) + "_ ";
        chars += " ";
      } else if (i < to) {
        const b = doc.bytes[frame.off + i];
        text += b.toString(16).padStart(2, "0") + " ";
        chars += b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·";
      } else {
        text += i === to && this.missing() ? "?? " : "   ";
      }
    }
    return text + " " + chars;
  }

  /** Whether the frame ends where another byte should be. */
  missing() {
    const { frame } = this;
    return !!frame && frame.err.text !== "" && frame.err.off >= frame.off + frame.len;
  }

  get rowCount() { return Math.ceil((this.length + (this.missing() || this.cursor === this.length ? 1 : 0)) / this.columns); }

  /** Paints all marks on the rows that are drawn. */
  paint() {
    const { doc, frame } = this;
    for (const h of this.marks.values()) h.clear();
    if (!frame || !this.marks.size) return;
    const rows = this.rows.space.children;
    for (let k = 0; k < rows.length; k++) {
      const text = /** @type {Text} */ (rows[k].firstChild);
      if (!text) continue;
      this.add("offset", text, 0, this.digits);
      this.add("ascii", text, this.charAt(0), text.length);
    }
    this.kinds(doc, frame);
    if (this.selected >= 0) {
      const parent = doc.parent(this.selected);
      if (parent >= 0 && doc.depth(parent) > 0) this.node("parent", parent);
      this.node("selected", this.selected);
    }
    if (this.hovered >= 0 && this.hovered !== this.selected) this.node("hover", this.hovered);
    if (frame.err.text) {
      const at = doc.nodeAt(frame, frame.err.off); // the value that is wrong, or else where bytes are missing
      this.span("error", frame.err.off - frame.off, at >= 0 && doc.flags(at) & NODE.ERROR ? doc.len(at) : 1, true);
    }
    if (this.cursor >= 0) this.span("cursor", this.cursor, 1, false);
  }

  /** Colours the bytes that are seen by what they are. @param {Doc} doc @param {Frame} frame */
  kinds(doc, frame) {
    const from = frame.off + this.rows.first * this.columns, to = this.rows.end * this.columns + frame.off;
    for (let i = frame.first, end = frame.first + frame.count; i < end;) {
      const off = doc.off(i), flags = doc.flags(i);
      if (off + doc.len(i) <= from || off >= to) { // nothing of it is seen
        i = doc.end(i);
        continue;
      }
      if (!(flags & NODE.BRANCH)) {
        const kind = KINDS.find(([, bit]) => flags & bit);
        if (kind) this.node(kind[0], i);
      }
      i++;
    }
  }

  /** @param {string} mark @param {number} i */
  node(mark, i) {
    const { doc, frame } = this;
    if (frame) this.span(mark, doc.off(i) - frame.off, doc.len(i), mark !== "structure" && mark !== "opaque");
  }

  /** Marks a run of bytes. @param {string} mark @param {number} off @param {number} len @param {boolean} chars */
  span(mark, off, len, chars) {
    const { first } = this.rows, n = this.columns, rows = this.rows.space.children;
    for (let r = Math.max(first, Math.floor(off / n)); r * n < off + len && r - first < rows.length; r++) {
      const text = /** @type {Text} */ (rows[r - first].firstChild);
      const a = Math.max(off - r * n, 0), b = Math.min(off + len - r * n, n);
      this.add(mark, text, this.hexAt(a), this.hexAt(b - 1) + 2);
      if (chars) this.add(mark, text, this.charAt(a), this.charAt(b));
    }
  }

  /** @param {string} mark @param {Text} text @param {number} from @param {number} to */
  add(mark, text, from, to) {
    const end = Math.min(to, text.length);
    if (from < end) this.marks.get(mark)?.add(new StaticRange({ startContainer: text, startOffset: from, endContainer: text, endOffset: end }));
  }

  /** The byte under the pointer, or -1. @param {MouseEvent} e */
  byteAt(e) {
    const row = this.rows.at(e.clientY);
    const char = Math.floor((e.clientX - this.rows.space.getBoundingClientRect().left) / this.charWidth);
    let column = -1;
    if (char >= this.charAt(0)) column = char - this.charAt(0);
    else for (let c = 0; c < this.columns; c++) if (char >= this.hexAt(c) - (c ? 1 : 0) && char < this.hexAt(c) + 2) column = c;
    const byte = row * this.columns + column;
    return column >= 0 && column < this.columns && byte >= 0 && byte < this.length ? byte : -1;
  }

  /** @param {number} byte */
  setHover(byte) {
    const { doc, frame } = this;
    const i = frame && byte >= 0 ? doc.nodeAt(frame, frame.off + byte) : -1;
    if (i === this.hovered) return;
    this.hover(i);
    this.on.hover(i);
  }

  /** @param {number} i */
  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.paint();
  }

  /** Puts the cursor on a byte and selects its field. @param {number} byte */
  pick(byte) {
    const { doc, frame } = this;
    if (!frame || byte < 0) return;
    this.cursor = byte;
    this.typed = -1;
    this.rows.change(this.rowCount);
    this.reveal(byte, 1);
    if (byte === this.length) return this.paint();
    this.on.select(doc.nodeAt(frame, frame.off + byte), "hex", byte);
  }

  /** Shows a node as the selected one. @param {number} i @param {boolean} keepCursor */
  select(i, keepCursor) {
    const { doc, frame } = this;
    if (!frame || i < 0) return;
    this.selected = i;
    if (!keepCursor) this.cursor = this.typed = -1;
    if (!(keepCursor ? this.rows.draw() : this.reveal(doc.off(i) - frame.off, doc.len(i)))) this.paint();
  }

  /** Scrolls a run of bytes into sight: its beginning at least. @param {number} off @param {number} len */
  reveal(off, len) {
    const first = Math.floor(off / this.columns), last = Math.floor((off + Math.max(len, 1) - 1) / this.columns);
    this.rows.reveal(first, last - first + 1, 2 * this.rows.height);
    return this.rows.draw();
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    if (modified(e) || !this.frame) return;
    const n = this.columns, page = n * this.rows.page;
    const at = this.cursor >= 0 ? this.cursor : this.selected >= 0 ? this.doc.off(this.selected) - this.frame.off : 0;
    /** @type {Record<string, number>} */
    const moves = {
      ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + n, ArrowUp: at - n,
      PageDown: at + page, PageUp: at - page, Home: 0, End: this.length - 1,
    };
    if (!(e.key in moves)) return this.type(e, at);
    e.preventDefault();
    const to = this.cursor < 0 && e.key.startsWith("Arrow") ? at : moves[e.key]; // the first arrow shows the cursor
    this.pick(Math.max(0, Math.min(this.length, to)));
  }

  /** Two digits write a byte; Insert and Delete make and take room. @param {KeyboardEvent} e @param {number} at */
  type(e, at) {
    const digit = /^[0-9a-f]$/i.test(e.key) ? parseInt(e.key, 16) : -1, more = at < this.length ? 1 : 0;
    if (e.key === "Insert") this.on.write(at, 0, 0);
    else if (e.key === "Delete" && more) this.on.write(at, 1);
    else if (digit < 0) return;
    e.preventDefault();
    e.stopPropagation(); // some digits are keys of the page
    if (digit < 0 || this.typed < 0) {
      this.cursor = at;
      this.typed = digit;
      this.rows.change(this.rowCount);
      this.rows.draw();
    } else {
      const byte = 16 * this.typed + digit;
      this.typed = -1;
      this.cursor = at + 1;
      this.on.write(at, more, byte);
    }
  }
}
