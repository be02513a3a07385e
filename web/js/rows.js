// @ts-check
// Rows that are drawn only where they are seen: what the list of packets, the
// tree of fields and the bytes have in common.

// Browsers lay out no more than some 17 million pixels. A longer list scrolls
// faster than its bar says.
const MAX_HEIGHT = 15e6;

export class Rows {
  /**
   * @param {HTMLElement} root what scrolls; its --row is the height of a row
   * @param {(row: number) => HTMLElement} make @param {() => void} [drawn] called when other rows are there
   */
  constructor(root, make, drawn) {
    this.root = root;
    this.make = make;
    this.drawn = drawn;
    this.count = this.first = this.end = 0;
    this.height = 26;
    this.y = 0; // how far it is scrolled
    /** @type {number | undefined} */ this.looked = undefined;
    /** @type {[number, number, number] | null} what was brought into sight last, until somebody scrolls */ this.wanted = null;
    this.changed = false;
    this.kept = -1; // a row that is there also where it is not seen: aria-activedescendant must exist
    /** @type {Map<number, HTMLElement>} */ this.there = new Map();
    this.space = document.createElement("div");
    this.space.className = "space";
    root.append(this.space);
    root.addEventListener("scroll", () => {
      if (this.y !== root.scrollTop) this.wanted = null;
      this.y = root.scrollTop;
      this.draw();
    }, { passive: true });
    new ResizeObserver(() => {
      const height = parseFloat(getComputedStyle(root).getPropertyValue("--row")) || 26;
      if (root.clientHeight === this.looked && height === this.height) return;
      this.height = height;
      this.looked = root.clientHeight;
      this.change();
      if (this.wanted) this.reveal(...this.wanted);
      this.draw();
    }).observe(root);
  }

  /** Pixels that show. They are kept until there are others, as each look at the page has it laid out. */
  get seen() { return this.looked ??= this.root.clientHeight; }

  /** The rows are others, which draw shows. @param {number} [count] */
  change(count = this.count) {
    this.count = count;
    this.changed = true;
    this.looked ||= undefined; // it was hidden
    this.space.style.height = `${Math.min(count * this.height, MAX_HEIGHT)}px`;
  }

  /** Draws rows again that may say something else. @param {(row: number) => boolean} which */
  renew(which = () => true) {
    this.changed ||= [...this.there.keys()].some(which); // those that say the same stay: somebody may be clicking
    this.draw();
  }

  /** Draws what is seen, and somewhat more so that scrolling need not draw each time; false if it is there. */
  draw() {
    const { count, height, seen, top, there: before } = this;
    if (!seen) return false;
    const to = Math.min(count, Math.ceil((top + seen) / height)), from = Math.max(0, Math.min(Math.floor(top / height), count - Math.ceil(seen / height)));
    if (!this.changed && from >= this.first && to <= this.end && this.scale === 1) return false;
    const spare = Math.ceil((to - from) / 2), shift = this.y - top;
    this.first = Math.max(0, from - spare);
    this.end = Math.min(count, to + spare);
    this.there = new Map();
    const place = (/** @type {number} */ r) => {
      const old = before.get(r), el = !this.changed && old || this.make(r);
      el.style.top = `${r * height + shift}px`;
      this.there.set(r, old?.isEqualNode(el) ? old : el); // a key changes few rows, and what stays needs no layout
    };
    for (let r = this.first; r < this.end; r++) place(r);
    if (this.kept >= 0 && this.kept < count && !this.there.has(this.kept)) place(this.kept);
    for (const [r, el] of before) if (this.there.get(r) !== el) el.remove();
    let next = null;
    for (const el of [...this.there.values()].reverse()) {
      if (!el.parentNode || el.nextSibling !== next) this.space.insertBefore(el, next);
      next = el;
    }
    this.changed = false;
    this.drawn?.();
    return true;
  }

  /** How much further the rows move than the bar does. */
  get scale() {
    const { seen } = this, all = this.count * this.height;
    return all > MAX_HEIGHT ? (all - seen) / (MAX_HEIGHT - seen) : 1;
  }

  /** What is seen begins so many pixels below the first row's top. */
  get top() { return this.y * this.scale; }
  set top(top) {
    const y = Math.max(0, top / this.scale);
    if (y === this.y) return;
    this.root.scrollTop = y;
    this.y = this.root.scrollTop;
  }

  /** Brings rows into sight: the first of them at least. @param {number} r @param {number} [n] @param {number} [covered] pixels hidden at the lower end */
  reveal(r, n = 1, covered = 0) {
    this.wanted = [r, n, covered];
    const h = this.height, { top } = this, seen = this.seen - covered;
    if (r * h < top || n * h > seen) this.top = (r - 1) * h;
    else if ((r + n) * h > top + seen) this.top = (r + n + 1) * h - seen;
  }

  /** Brings a row into sight and has it there from now on; false if nothing had to be drawn. @param {number} r or -1 @param {number} covered pixels hidden at the lower end */
  keep(r, covered) {
    this.kept = r;
    if (r >= 0) this.reveal(r, 1, covered);
    return this.draw();
  }

  /**
   * Marks the row of what is selected, also for screen readers, and another one by a class. A row's id is a letter and the number of what it shows.
   * @param {string} letter @param {number} selected @param {string} name @param {number} other
   */
  mark(letter, selected, name, other) {
    let there = "";
    for (const row of this.space.children) {
      const is = row.id === `${letter}${selected}`;
      if (is) there = row.id;
      row.setAttribute("aria-selected", String(is));
      row.classList.toggle(name, row.id === `${letter}${other}`);
    }
    this.root.setAttribute("aria-activedescendant", there);
  }

  /** The row at a height of the window. @param {number} y */
  at(y) { return Math.floor((y - this.space.getBoundingClientRect().top - this.y + this.top) / this.height); }

  /** Rows that a page of them has. */
  get page() { return Math.max(1, Math.floor(this.seen / this.height) - 1); }

  /** Where a key leads from a row, or -1. @param {string} key @param {number} at */
  step(key, at) {
    /** @type {Record<string, number>} */
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + this.page, PageUp: at - this.page, Home: 0, End: this.count - 1 };
    return key in to && this.count ? Math.max(0, Math.min(this.count - 1, to[key])) : -1;
  }
}

/** The number of what a row shows on which something happens, or -1. @param {Event} e */
export const shownAt = (e) => +(/** @type {Element} */ (e.target).closest(".row[id]")?.id.slice(1) ?? -1);
