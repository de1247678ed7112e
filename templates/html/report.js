// What a reader can do with the page; without this script it is complete and merely still.
"use strict";

const number = /^[<>≤≥]?\s*([-+−]?\d[\d\s,]*(?:\.\d+)?)/;

function key(text) {
  const found = number.exec(text);
  return found ? Number(found[1].replace("−", "-").replace(/[\s,]/g, "")) : null;
}

function compare(a, b) {
  if (a.number !== null && b.number !== null) return a.number - b.number;
  if (a.number !== null) return -1;
  if (b.number !== null) return 1;
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

function cellText(row, column) {
  return row.cells[column].textContent.trim();
}

// Dates and identifiers begin with digits too: a column is numeric when all its cells are numbers.
function sortBy(body, rows, column, direction) {
  const texts = rows.map((row) => cellText(row, column));
  const numeric = texts.every((text) => text === "" || /^[<>≤≥]?\s*[-+−]?[\d\s,]+(\.\d+)?$/.test(text));
  const keys = texts.map((text, index) => ({ text, index, number: numeric ? key(text) : null }));
  keys.sort((a, b) => direction * compare(a, b) || a.index - b.index);
  body.append(...keys.map((entry) => rows[entry.index]));
}

// A spreadsheet runs a cell that begins so as a formula, unless it is a number.
function csvField(text) {
  const formula = /^[=+\-@\t\r]/.test(text) && !/^[-+]?[\d.,]+%?$/.test(text);
  return '"' + (formula ? "'" : "") + text.replaceAll('"', '""') + '"';
}

// Column heads from left to right: with spans above they stand in two rows.
function headsOf(table) {
  const heads = [...table.tHead.querySelectorAll("th[data-column]")];
  return heads.sort((a, b) => a.dataset.column - b.dataset.column);
}

function csvOf(table, rows) {
  const heads = headsOf(table).map((head) => head.dataset.label);
  const lines = rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
  return [heads, ...lines].map((line) => line.map(csvField).join(",")).join("\r\n") + "\r\n";
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function equip(table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length === 0 || rows[0].classList.contains("nothing")) return;
  const count = make("output", { textContent: `${rows.length} records` });
  const filter = make("input", { type: "search", autocomplete: "off" });
  const button = make("button", { type: "button", textContent: "Save as CSV" });
  table.closest(".scroll").before(
    make("div", { className: "tools" }, make("label", {}, "Filter", filter), button, count),
  );

  let texts = null;
  let waiting = 0;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      texts ??= rows.map((row) => row.textContent.toLowerCase());
      const wanted = filter.value.trim().toLowerCase();
      let shown = 0;
      rows.forEach((row, index) => {
        row.hidden = wanted !== "" && !texts[index].includes(wanted);
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = wanted ? `${shown} of ${rows.length} records` : `${rows.length} records`;
    }, 120);
  });
  button.addEventListener("click", () => {
    const id = table.closest("section").id || "listing";
    save(`${id}.csv`, csvOf(table, [...body.rows].filter((row) => !row.hidden)));
  });

  const heads = headsOf(table);
  heads.forEach((head) => (head.dataset.label = [...head.children].map((part) => part.textContent.trim()).join(" ")));
  heads.forEach((head, column) => {
    const sort = make("button", { type: "button" }, ...head.childNodes);
    head.append(sort);
    sort.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      sortBy(body, rows, column, direction);
    });
  });
}

// The entry of the contents that belongs to what is on the screen.
function follow() {
  const links = new Map(
    [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
  );
  const targets = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const place = () => {
    const passed = targets.filter((target) => target.getBoundingClientRect().top < 160);
    const current = links.get((passed.at(-1) ?? targets[0])?.id);
    if (!current || current.hasAttribute("aria-current")) return;
    links.forEach((link) => link.removeAttribute("aria-current"));
    current.setAttribute("aria-current", "true");
    const list = current.closest(".contents");
    if (getComputedStyle(list).position === "sticky") {
      const top = current.offsetTop;
      if (top < list.scrollTop || top > list.scrollTop + list.clientHeight - 60) list.scrollTop = top - 120;
    }
  };
  let due = false;
  addEventListener("scroll", () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      place();
    });
  }, { passive: true });
  place();
}

document.querySelectorAll("table.records").forEach(equip);
follow();
