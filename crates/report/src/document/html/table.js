// The rows of a file, a page at a time, so that thousands of them stay quick: sorted and filtered as data.
class RowTable {
  constructor(table) {
    this.body = table.tBodies[0];
    this.heads = [...table.tHead.rows[0].cells];
    this.rows = [...this.body.rows].map((row) => ({
      row,
      cells: [...row.cells].map((cell) => cell.textContent.trim()),
    }));
    this.heads.forEach((head, i) => {
      if (head.className === "n") this.rows.forEach(({ row }) => { row.cells[i].className = "n"; });
    });
    this.order = this.rows;
    this.size = 50;
    this.from = 0;
    this.choices = new Map();
    this.text = "";
    this.sortable();
    const scroll = table.closest(".scroll");
    scroll.before(this.filters());
    scroll.after(this.pager());
    this.refresh();
    table.classList.add("paged");
  }

  sortable() {
    this.heads.forEach((head, i) => {
      const button = make("button", { type: "button", textContent: head.textContent });
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
    const all = this.rows.map((entry) => entry.cells[i]).filter((cell) => cell !== "");
    const numeric = all.every((cell) => Number.isFinite(Number(cell)));
    const compare = numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : Number(a > b));
    this.order = [...this.rows].sort(({ cells: a }, { cells: b }) => {
      if (a[i] === "" || b[i] === "") return Number(a[i] === "") - Number(b[i] === "");
      return way * compare(a[i], b[i]);
    });
    this.from = 0;
    this.refresh();
  }

  filters() {
    const bar = make("div", { className: "bar" });
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Filter");
    this.heads.forEach((head, i) => {
      if (!head.hasAttribute("data-choose")) return;
      const words = [...new Set(this.rows.map((entry) => entry.cells[i]))];
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
    bar.append(make("label", {}, "Contains ", search));
    return bar;
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

  matches({ cells }) {
    for (const [i, word] of this.choices) if (cells[i] !== word) return false;
    return this.text === "" || cells.some((cell) => cell.toLowerCase().includes(this.text));
  }

  refresh() {
    const found = this.order.filter((entry) => this.matches(entry));
    const page = found.slice(this.from, this.from + this.size);
    this.body.replaceChildren(...page.map((entry) => entry.row));
    this.back.disabled = this.from === 0;
    this.next.disabled = this.from + this.size >= found.length;
    const of = found.length === this.rows.length ? "" : ` that match, of ${this.rows.length}`;
    this.count.textContent = found.length
      ? `Rows ${this.from + 1} to ${this.from + page.length} of ${found.length}${of}` : `No row of ${this.rows.length} matches`;
  }
}

for (const table of document.querySelectorAll("table.rows")) new RowTable(table);
