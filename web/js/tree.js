// @ts-check
// The tree of fields: ARIA's tree pattern over rows that are drawn only where
// they are seen.
import { el } from "./dom.js";
import { EDIT } from "./engine.js";
import { editable, KINDS, NODE, range } from "./protocol.js";
import { Rows, shownAt } from "./rows.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

export class Tree {
  /**
   * @param {HTMLElement} root
   * @param {{select: (node: number, by: "tree") => void, hover: (node: number) => void, drawn: (nodes: number[]) => void,
   *   edit: () => void, change: (op: number) => void}} on
   * @param {HTMLElement} sheet what may lie over the tree's lower end, on a narrow page
   */
  constructor(root, on, sheet) {
    this.root = root;
    this.on = on;
    this.sheet = sheet;
    /** @type {Doc | null} */ this.doc = null;
    /** @type {Frame | null} */ this.frame = null;
    /** @type {number[]} nodes that no closed one hides */ this.nodes = [];
    /** @type {Set<number>} */ this.closed = new Set();
    this.selected = -1;
    this.hovered = -1;
    this.rows = new Rows(root, (r) => this.row(r), () => {
      this.mark();
      on.drawn(this.nodes.slice(this.rows.first, this.rows.end));
    });
    this.rows.space.role = "presentation";
    root.addEventListener("keydown", (e) => this.key(e));
    root.addEventListener("click", (e) => this.click(e));
    root.addEventListener("pointerover", (e) => this.setHover(shownAt(e)));
    root.addEventListener("pointerleave", () => this.setHover(-1));
  }

  /** @param {Doc} doc @param {Frame | null} frame @param {boolean} edited what is folded stays so, if all nodes are still there */
  show(doc, frame, edited) {
    const folded = edited && frame?.count === this.frame?.count && new Set([...this.closed].map((i) => i - (this.frame?.first ?? 0)));
    this.doc = doc;
    this.frame = frame;
    this.closed.clear();
    this.selected = this.hovered = -1;
    if (frame) {
      this.relate(doc, frame);
      for (let i = frame.first; i < frame.first + frame.count; i++) if (folded ? folded.has(i - frame.first) : doc.flags(i) & NODE.CLOSED) this.closed.add(i);
    }
    if (!edited) this.root.scrollTop = 0;
    this.list();
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

  /** Lists the nodes that no closed one hides, and draws them. */
  list() {
    this.nodes = [];
    const { doc, frame } = this;
    if (doc && frame) {
      for (let i = frame.first, end = frame.first + frame.count; i < end;) {
        this.nodes.push(i);
        i = this.closed.has(i) ? doc.end(i) : i + 1;
      }
    }
    this.rows.count = this.nodes.length;
    this.rows.kept = this.nodes.indexOf(this.selected);
    this.rows.draw(true);
  }

  /** @param {number} r */
  row(r) {
    const doc = /** @type {Doc} */ (this.doc), frame = /** @type {Frame} */ (this.frame);
    const i = this.nodes[r], n = doc.node(i), k = i - frame.first;
    const branch = n.flags & NODE.BRANCH, bytes = range(n.off - frame.off, n.len);
    const value = el("span", { class: "value" }, n.value);
    if (n.meaning) value.append(el("span", { class: "meaning" }, (n.value ? " " : "") + n.meaning));
    const row = el("div", {
      id: `n${i}`, class: rowClass(n.flags), role: "treeitem", "aria-level": n.depth + 1, "aria-posinset": this.place?.[k] ?? 1,
      "aria-setsize": this.of?.[k] ?? 1, "aria-selected": false, ...(branch ? { "aria-expanded": !this.closed.has(i) } : {}),
    },
    el("span", { class: "twist", "aria-hidden": true }, branch ? "▸" : n.flags & NODE.ERROR ? "✕" : n.flags & NODE.WARNED ? "⚠" : ""), " ",
    el("span", { class: "name" }, n.name), " ", el("span", { class: "type" }, n.type), " ", value, " ",
    el("span", { class: "range", role: "note", "aria-label": `bytes ${bytes}` }, bytes), " ");
    row.style.setProperty("--depth", String(n.depth));
    return row;
  }

  /** Marks the selected and the hovered row. */
  mark() {
    this.rows.mark("n", this.selected, "hovered", this.hovered);
  }

  /** Selects a node, opens what hides it and brings it into sight. @param {number} i */
  select(i) {
    const { doc, frame } = this;
    if (!doc || !frame || i < 0) return;
    let opened = false;
    for (let p = doc.parent(frame, i); p >= 0; p = doc.parent(frame, p)) opened = this.closed.delete(p) || opened;
    this.selected = i;
    if (opened) this.list();
    this.rows.keep(this.nodes.indexOf(i), this.covered());
    this.mark();
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

  /** @param {MouseEvent} e */
  click(e) {
    const i = shownAt(e);
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
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const { doc, frame } = this;
    if (!doc || !frame || e.ctrlKey || e.metaKey || e.altKey) return;
    const i = this.selected, at = this.nodes.indexOf(i);
    const branch = i >= 0 && doc.flags(i) & NODE.BRANCH;
    let to = this.rows.step(e.key, at);
    switch (e.key) {
      case "ArrowRight":
        if (branch && this.closed.has(i)) this.fold(i, false);
        else if (branch) to = at + 1;
        break;
      case "ArrowLeft":
        if (branch && !this.closed.has(i)) this.fold(i, true);
        else if (doc.parent(frame, i) >= 0) to = this.nodes.indexOf(doc.parent(frame, i));
        break;
      case "Enter": case " ":
        if (e.key === "Enter" && i >= 0 && (!branch || editable(doc.node(i)))) this.on.edit();
        else if (branch) this.fold(i, !this.closed.has(i));
        break;
      case "Delete": case "Insert":
        this.on.change(e.key === "Delete" ? EDIT.REMOVE : EDIT.DUPLICATE);
        break;
      case "*":
        this.unfoldBeside(i);
        break;
      default: if (to < 0) return;
    }
    e.preventDefault();
    if (to >= 0) this.on.select(this.nodes[Math.min(to, this.nodes.length - 1)], "tree");
  }

  /** Unfolds a node's siblings, and itself. @param {number} i */
  unfoldBeside(i) {
    const doc = /** @type {Doc} */ (this.doc), frame = /** @type {Frame} */ (this.frame);
    const parent = doc.parent(frame, i);
    let k = parent < 0 ? frame.first : parent + 1;
    const end = parent < 0 ? frame.first + frame.count : doc.end(parent);
    for (; k < end; k = doc.end(k)) this.closed.delete(k);
    this.list();
  }

  /** The next row, in either direction, that has nothing unfolded below it. @param {number} step */
  leaf(step) {
    const { doc } = this;
    for (let r = this.nodes.indexOf(this.selected) + step; doc && r >= 0 && r < this.nodes.length; r += step) {
      if (!(doc.flags(this.nodes[r]) & NODE.BRANCH) || this.closed.has(this.nodes[r])) return this.nodes[r];
    }
    return this.selected;
  }
}

/** @param {number} flags */
const rowClass = (flags) => ["row", ...KINDS.filter(([, bit]) => flags & bit).map(([name]) => name),
  ...(flags & NODE.BRANCH && !(flags & NODE.CLOSED) ? ["group"] : [])].join(" ");
