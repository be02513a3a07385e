// @ts-check
// The tree of fields: ARIA's tree pattern over rows that are drawn only where
// they are seen.
import { el, modified } from "./dom.js";
import { EDIT } from "./engine.js";
import { editable, KINDS, NODE, range } from "./protocol.js";
import { Rows, shownAt } from "./rows.js";

/** @typedef {import("./protocol.js").Doc} Doc @typedef {import("./protocol.js").Frame} Frame */

const blank = el("div", { role: "treeitem", "aria-selected": false }, el("span", { class: "twist", "aria-hidden": true }), " ", el("span", { class: "name" }), " ",
  el("span", { class: "type" }), " ", el("span", { class: "value" }), " ", el("span", { class: "range", role: "note" }), " ");
const narrow = matchMedia("(max-width: 760px)");

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
    /** @type {Doc} there is one before anything is drawn */ this.doc;
    /** @type {Frame | null} */ this.frame = null;
    this.nodes = new Int32Array(); // that no closed one hides
    /** @type {Set<number>} nodes that are not closed or open as they were at first */ this.turned = new Set();
    /** @type {Map<number, number[]>} */ this.families = new Map();
    this.selected = -1;
    this.hovered = -1;
    this.rows = new Rows(root, (r) => this.row(r), () => {
      this.mark();
      const { first, end } = this.rows, more = end - first; // that somebody who scrolls will see next
      on.drawn([...this.nodes.subarray(Math.max(0, first - more), end + more)]);
    });
    this.rows.space.role = "presentation";
    root.addEventListener("keydown", (e) => this.key(e));
    root.addEventListener("click", (e) => this.click(e));
    root.addEventListener("pointerover", (e) => this.setHover(shownAt(e)));
    root.addEventListener("pointerleave", () => this.setHover(-1));
  }

  /** @param {Doc} doc @param {Frame | null} frame @param {boolean} edited what is folded stays so, if all nodes are still there */
  show(doc, frame, edited) {
    if (!edited || frame?.count !== this.frame?.count) this.turned.clear();
    this.doc = doc;
    this.frame = frame;
    this.families.clear();
    this.selected = this.hovered = -1;
    if (!edited) this.rows.top = 0;
    this.list();
  }

  /** @param {number} i */
  closed(i) { return (this.doc.flags(i) & NODE.CLOSED) !== 0 !== this.turned.has(i - this.first); }

  /** Closes a node or opens it. @param {number} i @param {boolean} close */
  turn(i, close) {
    if (this.closed(i) !== close && !this.turned.delete(i - this.first)) this.turned.add(i - this.first);
  }

  /** The first node and the end of all. */
  get first() { return this.frame?.first ?? 0; }
  get end() { return this.first + (this.frame?.count ?? 0); }

  /** A node and those beside it. @param {number} i */
  family(i) {
    const { doc } = this, parent = doc.parent(i), all = this.families.get(parent) ?? [];
    if (all.length) return all;
    this.families.set(parent, all);
    for (let k = parent < 0 ? this.first : parent + 1, end = parent < 0 ? this.end : doc.end(parent); k < end; k = doc.end(k)) all.push(k);
    return all;
  }

  /** Lists the nodes that no closed one hides. */
  list() {
    const { first, end } = this, nodes = new Int32Array(end - first);
    let n = 0;
    for (let i = first; i < end; i = this.closed(i) ? this.doc.end(i) : i + 1) nodes[n++] = i;
    this.nodes = nodes.subarray(0, n);
    this.rows.kept = this.nodes.indexOf(this.selected);
    this.rows.change(n);
  }

  /** @param {number} r */
  row(r) {
    const i = this.nodes[r], n = this.doc.node(i), family = this.family(i);
    const branch = n.flags & NODE.BRANCH, bytes = range(n.off - (this.frame?.off ?? 0), n.len);
    const row = /** @type {HTMLElement} */ (blank.cloneNode(true)), [twist, name, type, value, where] = row.children;
    row.id = `n${i}`;
    row.className = rowClass(n.flags);
    row.ariaLevel = String(n.depth + 1);
    row.ariaPosInSet = String(family.indexOf(i) + 1);
    row.ariaSetSize = String(family.length);
    if (branch) row.ariaExpanded = String(!this.closed(i));
    row.style.setProperty("--depth", String(n.depth));
    twist.textContent = branch ? "▸" : n.flags & NODE.ERROR ? "✕" : n.flags & NODE.WARNED ? "⚠" : "";
    name.textContent = n.name;
    type.textContent = n.type;
    value.textContent = n.value;
    if (n.meaning) value.append(el("span", { class: "meaning" }, (n.value ? " " : "") + n.meaning));
    where.textContent = bytes;
    where.ariaLabel = `bytes ${bytes}`;
    return row;
  }

  /** Marks the selected and the hovered row. */
  mark() {
    this.rows.mark("n", this.selected, "hovered", this.hovered);
  }

  /** Selects a node, opens what hides it and brings it into sight. @param {number} i */
  select(i) {
    let hidden = false;
    for (let p = this.doc.parent(i); p >= 0; p = this.doc.parent(p)) {
      hidden ||= this.closed(p);
      this.turn(p, false);
    }
    this.selected = i;
    if (hidden) this.list();
    if (!this.rows.keep(this.nodes.indexOf(i), this.covered())) this.mark();
  }

  /** How much of the tree the sheet hides, which it does on a narrow page. */
  covered() {
    if (!narrow.matches) return 0;
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
    if (i < 0) return;
    const twist = /** @type {Element} */ (e.target).classList.contains("twist");
    if (this.doc.flags(i) & NODE.BRANCH && (twist || i === this.selected)) this.fold([i], !this.closed(i));
    this.on.select(i, "tree");
  }

  /** @param {number[]} nodes @param {boolean} close */
  fold(nodes, close) {
    for (const i of nodes) this.turn(i, close);
    this.list();
    this.rows.draw();
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const { doc } = this;
    if (!this.nodes.length || modified(e)) return;
    const i = this.selected, at = this.nodes.indexOf(i);
    const branch = i >= 0 && doc.flags(i) & NODE.BRANCH;
    let to = this.rows.step(e.key, at);
    switch (e.key) {
      case "ArrowRight":
        if (branch && this.closed(i)) this.fold([i], false);
        else if (branch) to = at + 1;
        break;
      case "ArrowLeft":
        if (branch && !this.closed(i)) this.fold([i], true);
        else if (doc.parent(i) >= 0) to = this.nodes.indexOf(doc.parent(i));
        break;
      case "Enter": case " ":
        if (e.key === "Enter" && i >= 0 && (!branch || editable(doc.node(i)))) this.on.edit();
        else if (branch) this.fold([i], !this.closed(i));
        break;
      case "Delete": case "Insert":
        this.on.change(e.key === "Delete" ? EDIT.REMOVE : EDIT.DUPLICATE);
        break;
      case "*":
        this.fold(this.family(i), false);
        break;
      default: if (to < 0) return;
    }
    e.preventDefault();
    if (to >= 0) this.on.select(this.nodes[Math.min(to, this.nodes.length - 1)], "tree");
  }

  /** The next row, in either direction, that has nothing unfolded below it. @param {number} step */
  leaf(step) {
    const { doc } = this;
    for (let r = this.nodes.indexOf(this.selected) + step; r >= 0 && r < this.nodes.length; r += step) {
      if (!(doc.flags(this.nodes[r]) & NODE.BRANCH) || this.closed(this.nodes[r])) return this.nodes[r];
    }
    return this.selected;
  }
}

/** @param {number} flags */
const rowClass = (flags) => ["row", ...KINDS.filter(([, bit]) => flags & bit).map(([name]) => name),
  ...(flags & NODE.BRANCH && !(flags & NODE.CLOSED) ? ["group"] : [])].join(" ");
