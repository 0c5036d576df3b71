// The rows of a file, a page at a time, so that a hundred thousand of them stay quick: sorted and filtered as data. A
// row is taken apart into cells when they are first asked for.
class RowTable {
  constructor(table) {
    this.body = table.tBodies[0];
    this.heads = [...table.tHead.rows[0].cells];
    this.name = table.dataset.file;
    this.numbers = this.heads.map((head) => head.className === "n");
    const scroll = table.closest(".scroll");
    const more = scroll.nextElementSibling;
    const lines = more && more.matches("script.more") ? JSON.parse(more.textContent) : [];
    this.rows = [...[...this.body.rows].map((row) => ({ row })), ...lines.map((line) => ({ line }))];
    this.order = this.rows;
    this.size = 50;
    this.from = 0;
    this.choices = new Map();
    this.text = "";
    this.sortable();
    scroll.before(this.filters());
    scroll.after(this.pager());
    this.refresh();
    table.classList.add("paged");
    window.addEventListener("beforeprint", () => this.print());
    window.addEventListener("afterprint", () => {
      this.heads.forEach((head, i) => head.replaceChildren(this.buttons[i]));
      this.refresh();
    });
  }

  cells(entry) {
    entry.cells ??= entry.row ? [...entry.row.cells].map((cell) => cell.textContent.trim()) : entry.line.split("\t");
    return entry.cells;
  }

  row(entry) {
    entry.row ??= make("tr", {}, ...this.cells(entry).map((cell) => make("td", { textContent: cell })));
    this.numbers.forEach((number, i) => { if (number) entry.row.cells[i].className = "n"; });
    return entry.row;
  }

  sortable() {
    this.buttons = this.heads.map((head) => make("button", { type: "button", textContent: head.textContent }));
    this.heads.forEach((head, i) => {
      const button = this.buttons[i];
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        this.heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        this.sort(i, down ? -1 : 1);
      });
    });
  }

  // Numbers by value, words by the alphabet; what is empty comes last, whichever way.
  sort(i, way) {
    const all = this.rows.map((entry) => ({ entry, cell: this.cells(entry)[i] }));
    const numeric = all.every(({ cell }) => cell === "" || Number.isFinite(Number(cell)));
    if (numeric) all.forEach((it) => { it.value = Number(it.cell); });
    const compare = numeric ? (a, b) => a.value - b.value : (a, b) => (a.cell < b.cell ? -1 : Number(a.cell > b.cell));
    all.sort((a, b) => {
      if (a.cell === "" || b.cell === "") return Number(a.cell === "") - Number(b.cell === "");
      return way * compare(a, b);
    });
    this.order = all.map(({ entry }) => entry);
    this.from = 0;
    this.refresh();
  }

  filters() {
    const bar = make("div", { className: "bar" });
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Filter");
    this.heads.forEach((head, i) => {
      if (!head.dataset.choose) return;
      const words = JSON.parse(head.dataset.choose);
      words.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : Number(a > b)));
      const select = make("select", {}, make("option", { value: "all", textContent: "all" }));
      words.forEach((word, w) => select.append(make("option", { value: String(w), textContent: word || "–" })));
      select.addEventListener("change", () => {
        if (select.value === "all") this.choices.delete(i);
        else this.choices.set(i, words[Number(select.value)]);
        this.from = 0;
        this.refresh();
      });
      bar.append(make("label", {}, `${head.textContent} `, select));
    });
    const search = make("input", { type: "search", size: 14 });
    search.addEventListener("input", () => {
      this.text = search.value.trim().toLowerCase();
      this.from = 0;
      this.refresh();
    });
    const save = make("button", { type: "button", textContent: "Save these rows as CSV" });
    save.addEventListener("click", () => saveAs(`${this.name}-rows.csv`, "text/csv", this.csv()));
    bar.append(make("label", {}, "Contains ", search), save);
    return bar;
  }

  // What matches, in the order that is shown.
  csv() {
    // What a spreadsheet would take for a formula is quoted.
    const safe = (text) => (/^[=+@-]/.test(text) && !Number.isFinite(Number(text)) ? `'${text}` : text);
    const field = (text) => (/[",\n]/.test(text) ? `"${safe(text).replaceAll('"', '""')}"` : safe(text));
    const lines = this.found().map((entry) => this.cells(entry));
    return [this.heads.map((head) => head.textContent), ...lines].map((cells) => `${cells.map(field).join(",")}\n`).join("");
  }

  pager() {
    const bar = make("div", { className: "bar" });
    const button = (text, by) => {
      const node = make("button", { type: "button", textContent: text });
      node.addEventListener("click", () => {
        this.from += by * this.size;
        this.refresh();
      });
      return node;
    };
    this.back = button("Previous rows", -1);
    this.next = button("Next rows", 1);
    this.count = make("p", { className: "count" });
    this.count.setAttribute("role", "status");
    bar.append(this.back, this.next, this.count);
    return bar;
  }

  matches(entry) {
    const cells = this.choices.size || this.text ? this.cells(entry) : [];
    for (const [i, word] of this.choices) if (cells[i] !== word) return false;
    return this.text === "" || cells.some((cell) => cell.toLowerCase().includes(this.text));
  }

  found() { return this.order.filter((entry) => this.matches(entry)); }

  show(found, from, size) {
    const page = found.slice(from, from + size);
    this.body.replaceChildren(...page.map((entry) => this.row(entry)));
    const of = found.length === this.rows.length ? "" : ` that match, of ${this.rows.length}`;
    this.count.textContent = found.length
      ? `Rows ${from + 1} to ${from + page.length} of ${found.length}${of}` : `No row of ${this.rows.length} matches`;
  }

  refresh() {
    const found = this.found();
    this.show(found, this.from, this.size);
    this.back.disabled = this.from === 0;
    this.next.disabled = this.from + this.size >= found.length;
  }

  // On paper there is no next page to ask for, and a head that is a button is not repeated on each sheet. More rows than
  // this are a book.
  print() {
    this.heads.forEach((head) => head.replaceChildren(head.textContent));
    this.show(this.found(), 0, 10000);
  }
}

for (const table of document.querySelectorAll("table.rows")) new RowTable(table);

// On paper nothing can be opened.
const details = [...document.querySelectorAll("details")];
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = details.filter((it) => !it.open);
  opened.forEach((it) => { it.open = true; });
});
window.addEventListener("afterprint", () => opened.forEach((it) => { it.open = false; }));
