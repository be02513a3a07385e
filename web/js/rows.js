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
    this.kept = -1; // a row that is there also where it is not seen: aria-activedescendant must exist
    this.space = document.createElement("div");
    this.space.className = "space";
    root.append(this.space);
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw(true)).observe(root);
  }

  /** Draws what is seen, and somewhat more so that scrolling need not draw each time. @param {boolean} [anew] the rows have changed */
  draw(anew = false) {
    const { root, count } = this, seen = root.clientHeight;
    if (anew) { // also what is not seen has to know how high it wants to be
      this.height = parseFloat(getComputedStyle(root).getPropertyValue("--row")) || 26;
      this.space.style.height = `${Math.min(count * this.height, MAX_HEIGHT)}px`;
    }
    if (!seen) return;
    const top = this.top, from = Math.floor(top / this.height), to = Math.min(count, Math.ceil((top + seen) / this.height));
    if (!anew && from >= this.first && to <= this.end && this.scale === 1) return;
    const spare = Math.ceil((to - from) / 2);
    this.first = Math.max(0, from - spare);
    this.end = Math.min(count, to + spare);
    const shift = root.scrollTop - top, rows = [];
    for (let r = this.first; r < this.end; r++) rows.push(this.place(r, shift));
    if (this.kept >= 0 && this.kept < count && (this.kept < this.first || this.kept >= this.end)) rows.push(this.place(this.kept, shift));
    this.space.replaceChildren(...rows);
    this.drawn?.();
  }

  /** @param {number} r @param {number} shift */
  place(r, shift) {
    const el = this.make(r);
    el.style.top = `${r * this.height + shift}px`;
    return el;
  }

  /** How much further the rows move than the bar does. */
  get scale() {
    const all = this.count * this.height, seen = this.root.clientHeight;
    return all > MAX_HEIGHT ? (all - seen) / (MAX_HEIGHT - seen) : 1;
  }

  /** What is seen begins so many pixels below the first row's top. */
  get top() { return this.root.scrollTop * this.scale; }
  set top(y) { this.root.scrollTop = y / this.scale; }

  /** Brings rows into sight: the first of them at least. @param {number} r @param {number} [n] @param {number} [covered] pixels hidden at the lower end */
  reveal(r, n = 1, covered = 0) {
    const h = this.height, seen = this.root.clientHeight - covered, top = this.top;
    if (r * h < top || n * h > seen) this.top = (r - 1) * h;
    else if ((r + n) * h > top + seen) this.top = (r + n + 1) * h - seen;
  }

  /** Brings a row into sight and has it there from now on. @param {number} r or -1 @param {number} covered pixels hidden at the lower end */
  keep(r, covered) {
    this.kept = r;
    if (r >= 0) this.reveal(r, 1, covered);
    this.draw();
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
  at(y) { return Math.floor((y - this.space.getBoundingClientRect().top - this.root.scrollTop + this.top) / this.height); }

  /** Rows that a page of them has. */
  get page() { return Math.max(1, Math.floor(this.root.clientHeight / this.height) - 1); }

  /** Where a key leads from a row, or -1. @param {string} key @param {number} at */
  step(key, at) {
    /** @type {Record<string, number>} */
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + this.page, PageUp: at - this.page, Home: 0, End: this.count - 1 };
    return key in to && this.count ? Math.max(0, Math.min(this.count - 1, to[key])) : -1;
  }
}

/** The number of what a row shows on which something happens, or -1. @param {Event} e */
export const shownAt = (e) => +(/** @type {Element} */ (e.target).closest(".row[id]")?.id.slice(1) ?? -1);
