// The list: filters, order, and rows of which only those on the screen exist.

/** Height of a row in pixels, as the style sheet has it, and how many rows beyond the screen are kept. */
const ROW = 62;
const SPARE = 8;

/** What the list can be narrowed by: a name, its label, and the values a row has of it. */
const FACETS = [
  ["domain", "Domain", (card) => [card.domain]],
  ["kind", "Kind of constraint", (card) => card.kinds],
  ["success", "Success", (card) => [card.success === null ? "not judged" : card.success ? "success" : "failure"]],
  ["ending", "Outcome", (card) => [card.ending]],
  ["culprit", "Whose fault", (card) => [card.culprit || (card.ending ? "nobody's" : "")]],
  ["fault", "User fault", (card) => (card.faults === null ? [] : card.faults.length ? ["any", ...card.faults] : ["none"])],
  ["agent", "Agent", (card) => [card.agent]],
  ["user", "User", (card) => [card.user]],
  ["constraints", "Constraints", (card) => (card.kinds.length ? [String(card.kinds.length)] : [])],
  ["file", "File", (card) => [card.file]],
];

/** How the list can be sorted: a label, and what a row is sorted by, smallest first. */
const ORDERS = {
  "as in the file": (card) => card.number,
  "worst score first": (card) => card.score ?? Infinity,
  "best score first": (card) => -(card.score ?? -Infinity),
  "most constraints first": (card) => -card.kinds.length,
  "most turns first": (card) => -card.turns,
  "most calls first": (card) => -card.calls,
  "most redundant writes first": (card) => -card.redundant,
};

/** Return the rows of a listing as objects. */
function cardsOf(listing) {
  return listing.rows.map((row, place) => {
    const card = { number: place };
    listing.columns.forEach((column, at) => (card[column] = row[at]));
    return card;
  });
}

/** The list of conversations; `choose` is called with a row's card when one is chosen. */
class List {
  constructor(box, rows, choose) {
    this.box = box;
    this.rows = rows;
    this.choose = choose;
    this.cards = [];
    this.shown = [];
    this.place = -1;
    this.wanted = new Map();
    this.hits = null;
    this.order = "as in the file";
    box.addEventListener("scroll", () => this.paint(), { passive: true });
    new ResizeObserver(() => this.paint()).observe(box);
  }

  /** Take the conversations in. */
  fill(cards) {
    this.cards = cards;
    this.apply();
  }

  /** Return the card that is chosen. */
  get current() {
    return this.shown[this.place];
  }

  /** Show what the filters, the search and the order leave, the chosen row still chosen if it is among them. */
  apply() {
    const current = this.current;
    const tests = FACETS.filter(([name]) => this.wanted.has(name));
    const kept = this.cards.filter(
      (card) =>
        (this.hits === null || this.hits.has(card.number)) &&
        tests.every(([name, , values]) => values(card).includes(this.wanted.get(name))),
    );
    const key = ORDERS[this.order];
    this.shown = kept.sort((one, other) => compared(key(one), key(other)) || one.number - other.number);
    this.place = current ? this.shown.indexOf(current) : -1;
    this.rows.style.height = `${this.shown.length * ROW}px`;
    this.box.scrollTop = this.place < 0 ? 0 : this.box.scrollTop;
    this.paint();
  }

  /** Choose the row so many places on. */
  move(step) {
    const last = this.shown.length - 1;
    if (last >= 0) this.go(Math.max(0, Math.min(last, this.place + step)));
  }

  /** Choose the row at a place, and bring it into view. */
  go(place) {
    this.place = place;
    const top = place * ROW;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + ROW > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + ROW - this.box.clientHeight;
    this.paint();
    this.choose(this.current);
  }

  /** Choose a conversation by its number, if it is shown. */
  select(wanted) {
    const place = this.shown.findIndex((card) => card.number === wanted);
    if (place >= 0) this.go(place);
  }

  /** Draw the rows on the screen. */
  paint() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / ROW) - SPARE);
    const end = Math.min(this.shown.length, first + Math.ceil(this.box.clientHeight / ROW) + 2 * SPARE);
    this.rows.replaceChildren(...this.shown.slice(first, end).map((card, offset) => this.row(card, first + offset)));
    const current = this.place >= first && this.place < end ? `row-${this.current.number}` : "";
    if (current) this.box.setAttribute("aria-activedescendant", current);
    else this.box.removeAttribute("aria-activedescendant");
  }

  row(card, place) {
    const made = el(
      "div",
      {
        id: `row-${card.number}`,
        role: "option",
        class: "row",
        "aria-selected": String(place === this.place),
        "aria-posinset": place + 1,
        "aria-setsize": this.shown.length,
        title: visible(card.place),
        onclick: () => this.go(place),
      },
      mark(card.success),
      el("strong", { dir: "auto" }, visible(card.task)),
      el("span", { class: "score" }, card.score === null ? "" : card.score.toFixed(2)),
      el("span", { class: "about" }, about(card)),
    );
    made.style.top = `${place * ROW}px`;
    return made;
  }

  /** Return the controls that narrow and sort the list; a facet all rows agree on has none. */
  controls(changed) {
    const set = (name, value) => {
      if (value === "") this.wanted.delete(name);
      else this.wanted.set(name, value);
      changed();
    };
    const made = FACETS.map(([name, label, values]) => [name, label, tally(this.cards, values)])
      .filter(([, , counts]) => counts.size > 1)
      .map(([name, label, counts]) => {
        const options = [...counts].map(([value, count]) => option(value, `${visible(value)} (${number(count)})`));
        return field(label, el("select", { id: `facet-${name}`, onchange: (event) => set(name, event.target.value) }, option("", "all"), ...options));
      });
    const order = el("select", { id: "order" }, ...Object.keys(ORDERS).map((name) => option(name, name)));
    order.addEventListener("change", () => {
      this.order = order.value;
      changed();
    });
    return [...made, field("Order", order)];
  }
}

function compared(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

function option(value, label) {
  return el("option", { value }, label);
}

function field(label, control) {
  return el("label", {}, label, control);
}

/** Return value -> number of rows that have it, the empty one left out, sorted by value. */
function tally(cards, values) {
  const counts = new Map();
  for (const card of cards) {
    for (const value of new Set(values(card))) if (value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return new Map([...counts].sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true })));
}

/** Return the sign of a success, with its word for those who hear the page. */
function mark(success) {
  const [sign, word, name] = success === null || success === undefined ? ["–", "not judged", "open"] : success ? ["✓", "success", "good"] : ["✗", "failure", "bad"];
  return el("span", { class: `mark ${name}`, role: "img", "aria-label": word }, sign);
}

/** Return the second line of a row. */
function about(card) {
  const parts = [card.kinds.join(", "), card.agent && `${card.agent} · ${card.user || "?"}`, card.turns && counted(card.turns, "turn"), card.ending];
  if (card.culprit) parts.push(`fault: ${card.culprit}`);
  if (card.redundant) parts.push(counted(card.redundant, "redundant write"));
  if (card.faults?.length) parts.push("user fault");
  return visible(parts.filter(Boolean).join(" · "));
}
