// @ts-check
// The tree of fields: ARIA's tree pattern over rows that are drawn only where
// they are seen.
import { NODE } from "./protocol.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

const SPARE_ROWS = 8; // drawn above and below what is seen

export class Tree {
  /**
   * @param {HTMLElement} root
   * @param {{select: (node: number, by: "tree") => void, hover: (node: number) => void}} on
   * @param {HTMLElement} sheet what may lie over the tree's lower end, on a narrow page
   */
  constructor(root, on, sheet) {
    this.root = root;
    this.on = on;
    this.sheet = sheet;
    /** @type {Doc | null} */ this.doc = null;
    /** @type {Frame | null} */ this.frame = null;
    /** @type {number[]} */ this.rows = [];
    /** @type {Set<number>} */ this.closed = new Set();
    this.selected = -1;
    this.hovered = -1;
    this.space = document.createElement("div");
    this.space.className = "space";
    this.space.setAttribute("role", "presentation");
    root.append(this.space);
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    root.addEventListener("keydown", (e) => this.key(e));
    root.addEventListener("click", (e) => this.click(e));
    root.addEventListener("pointerover", (e) => this.setHover(this.nodeOf(e)));
    root.addEventListener("pointerleave", () => this.setHover(-1));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  /** @param {Doc} doc @param {Frame | null} frame */
  show(doc, frame) {
    this.doc = doc;
    this.frame = frame;
    this.closed.clear();
    this.selected = this.hovered = -1;
    if (frame) {
      this.relate(doc, frame);
      for (let i = frame.first; i < frame.first + frame.count; i++) if (doc.flags(i) & NODE.CLOSED) this.closed.add(i);
    }
    this.list();
    this.root.scrollTop = 0;
    this.draw();
  }

  /** Notes each node's place among its siblings, which aria-posinset wants. @param {Doc} doc @param {Frame} frame */
  relate(doc, frame) {
    this.place = new Int32Array(frame.count);
    this.of = new Int32Array(frame.count);
    /** @type {number[][]} */ const open = [];
    const finish = (/** @type {number[]} */ siblings) => siblings.forEach((n, k) => {
      /** @type {Int32Array} */ (this.place)[n] = k + 1;
      /** @type {Int32Array} */ (this.of)[n] = siblings.length;
    });
    for (let k = 0; k < frame.count; k++) {
      const depth = doc.depth(frame.first + k);
      while (open.length > depth + 1) finish(/** @type {number[]} */ (open.pop()));
      if (open.length === depth) open.push([]);
      open[depth].push(k);
    }
    while (open.length) finish(/** @type {number[]} */ (open.pop()));
  }

  /** Lists the nodes that no closed one hides. */
  list() {
    this.rows = [];
    const { doc, frame } = this;
    if (!doc || !frame) return;
    for (let i = frame.first, end = frame.first + frame.count; i < end;) {
      this.rows.push(i);
      i = this.closed.has(i) ? doc.end(i) : i + 1;
    }
  }

  /** Draws the rows that are seen, using again those that are still right. */
  draw() {
    if (this.root.clientHeight === 0) return;
    this.rowHeight = parseFloat(getComputedStyle(this.root).getPropertyValue("--row")) || 28;
    const from = Math.max(0, Math.floor(this.root.scrollTop / this.rowHeight) - SPARE_ROWS);
    const to = Math.min(this.rows.length, Math.ceil((this.root.scrollTop + this.root.clientHeight) / this.rowHeight) + SPARE_ROWS);
    this.space.style.height = `${this.rows.length * this.rowHeight}px`;
    const drawn = document.createDocumentFragment();
    for (let r = from; r < to; r++) drawn.append(this.row(r));
    const at = this.rows.indexOf(this.selected);
    if (at >= 0 && (at < from || at >= to)) drawn.append(this.row(at)); // aria-activedescendant must exist
    this.space.replaceChildren(drawn);
    this.mark();
  }

  /** @param {number} r */
  row(r) {
    const doc = /** @type {Doc} */ (this.doc), frame = /** @type {Frame} */ (this.frame);
    const i = this.rows[r], n = doc.node(i), k = i - frame.first;
    const el = document.createElement("div");
    el.id = `n${i}`;
    el.className = rowClass(n.flags);
    el.style.top = `${r * (this.rowHeight ?? 28)}px`;
    el.style.setProperty("--depth", String(n.depth));
    el.setAttribute("role", "treeitem");
    el.setAttribute("aria-level", String(n.depth + 1));
    el.setAttribute("aria-posinset", String(this.place?.[k] ?? 1));
    el.setAttribute("aria-setsize", String(this.of?.[k] ?? 1));
    el.setAttribute("aria-selected", "false");
    const branch = n.flags & NODE.BRANCH;
    if (branch) el.setAttribute("aria-expanded", String(!this.closed.has(i)));
    const cell = (/** @type {string} */ name, /** @type {string} */ text) => {
      const s = document.createElement("span");
      s.className = name;
      s.textContent = text;
      el.append(s, " ");
      return s;
    };
    cell("twist", branch ? "▸" : n.flags & NODE.ERROR ? "✕" : "").setAttribute("aria-hidden", "true");
    cell("name", n.name);
    cell("type", n.type);
    const value = cell("value", n.value);
    if (n.meaning) {
      const m = document.createElement("span");
      m.className = "meaning";
      m.textContent = (n.value ? " " : "") + n.meaning;
      value.append(m);
    }
    cell("range", range(n.off - frame.off, n.len)).setAttribute("aria-label", `bytes ${range(n.off - frame.off, n.len)}`);
    el.lastElementChild?.setAttribute("role", "note");
    return el;
  }

  /** Marks the selected and the hovered row. */
  mark() {
    for (const el of this.space.children) {
      const i = +el.id.slice(1);
      el.setAttribute("aria-selected", String(i === this.selected));
      el.classList.toggle("hovered", i === this.hovered);
    }
    if (this.selected >= 0) this.root.setAttribute("aria-activedescendant", `n${this.selected}`);
    else this.root.removeAttribute("aria-activedescendant");
  }

  /** Selects a node, opens what hides it and brings it into sight. @param {number} i */
  select(i) {
    const { doc, frame } = this;
    if (!doc || !frame || i < 0) return;
    let opened = false;
    for (let p = doc.parent(frame, i); p >= 0; p = doc.parent(frame, p)) opened = this.closed.delete(p) || opened;
    if (opened) this.list();
    this.selected = i;
    const at = this.rows.indexOf(i), h = this.rowHeight ?? 28;
    const top = this.root.scrollTop, seen = this.root.clientHeight - this.covered();
    if (at * h < top) this.root.scrollTop = at * h - h;
    else if ((at + 1) * h > top + seen) this.root.scrollTop = (at + 2) * h - seen;
    this.draw();
  }

  /** How much of the tree the sheet hides. */
  covered() {
    const tree = this.root.getBoundingClientRect(), sheet = this.sheet.getBoundingClientRect();
    return sheet.left < tree.right ? Math.min(tree.height / 2, Math.max(0, tree.bottom - sheet.top)) : 0;
  }

  /** @param {number} i */
  hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.mark();
  }

  /** @param {number} i */
  setHover(i) {
    if (i === this.hovered) return;
    this.hover(i);
    this.on.hover(i);
  }

  /** @param {Event} e */
  nodeOf(e) {
    const el = /** @type {Element} */ (e.target).closest("[role=treeitem]");
    return el ? +el.id.slice(1) : -1;
  }

  /** @param {MouseEvent} e */
  click(e) {
    const i = this.nodeOf(e);
    if (i < 0 || !this.doc) return;
    const twist = /** @type {Element} */ (e.target).classList.contains("twist");
    if (this.doc.flags(i) & NODE.BRANCH && (twist || i === this.selected)) this.fold(i, !this.closed.has(i));
    this.on.select(i, "tree");
  }

  /** @param {number} i @param {boolean} close */
  fold(i, close) {
    if (close) this.closed.add(i);
    else this.closed.delete(i);
    this.list();
    this.draw();
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const { doc, frame } = this;
    if (!doc || !frame || e.ctrlKey || e.metaKey || e.altKey) return;
    const i = this.selected, at = this.rows.indexOf(i);
    const branch = i >= 0 && doc.flags(i) & NODE.BRANCH;
    const page = Math.max(1, Math.floor(this.root.clientHeight / (this.rowHeight ?? 28)) - 1);
    let to = -1;
    switch (e.key) {
      case "ArrowDown": to = at + 1; break;
      case "ArrowUp": to = Math.max(0, at - 1); break;
      case "PageDown": to = at + page; break;
      case "PageUp": to = Math.max(0, at - page); break;
      case "Home": to = 0; break;
      case "End": to = this.rows.length - 1; break;
      case "ArrowRight":
        if (branch && this.closed.has(i)) this.fold(i, false);
        else if (branch) to = at + 1;
        break;
      case "ArrowLeft":
        if (branch && !this.closed.has(i)) this.fold(i, true);
        else if (doc.parent(frame, i) >= 0) to = this.rows.indexOf(doc.parent(frame, i));
        break;
      case "Enter": case " ":
        if (branch) this.fold(i, !this.closed.has(i));
        break;
      case "*":
        this.unfoldBeside(i);
        break;
      default: return;
    }
    e.preventDefault();
    if (to >= 0 && this.rows.length) this.on.select(this.rows[Math.min(to, this.rows.length - 1)], "tree");
  }

  /** Unfolds a node's siblings, and itself. @param {number} i */
  unfoldBeside(i) {
    const doc = /** @type {Doc} */ (this.doc), frame = /** @type {Frame} */ (this.frame);
    const parent = doc.parent(frame, i);
    let k = parent < 0 ? frame.first : parent + 1;
    const end = parent < 0 ? frame.first + frame.count : doc.end(parent);
    for (; k < end; k = doc.end(k)) this.closed.delete(k);
    this.list();
    this.draw();
  }

  /** The next row, in either direction, that has nothing unfolded below it. @param {number} step */
  leaf(step) {
    const { doc } = this;
    for (let r = this.rows.indexOf(this.selected) + step; doc && r >= 0 && r < this.rows.length; r += step) {
      if (!(doc.flags(this.rows[r]) & NODE.BRANCH) || this.closed.has(this.rows[r])) return this.rows[r];
    }
    return this.selected;
  }
}

/** @param {number} flags */
function rowClass(flags) {
  let c = "row";
  if (flags & NODE.STRUCTURE) c += " structure";
  if (flags & NODE.TEXT) c += " text";
  if (flags & NODE.OPAQUE) c += " opaque";
  if (flags & NODE.ERROR) c += " error";
  if (flags & NODE.UNREAD) c += " unread";
  if (flags & NODE.BRANCH && !(flags & NODE.CLOSED)) c += " group";
  return c;
}

/** "4–5", "7", or the place of nothing. @param {number} off @param {number} len */
export function range(off, len) {
  if (len === 0) return `${off}`;
  return len === 1 ? `${off}` : `${off}–${off + len - 1}`;
}
