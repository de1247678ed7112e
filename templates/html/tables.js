// Tables and listings: sort, filter, save as CSV, copy a link.
"use strict";

const numeric = /^[<>≤≥]?\s*[-+−]?[\d\s,]+(\.\d+)?$/;
const leading = /^[(<>≤≥]*\s*([-+−]?\d[\d\s,]*(?:\.\d+)?)/;

function numberIn(text) {
  const found = leading.exec(text);
  return found ? Number(found[1].replace("−", "-").replace(/[\s,]/g, "")) : null;
}

function compare(a, b) {
  if (a.number !== null && b.number !== null) return a.number - b.number;
  if (a.number !== null) return -1;
  if (b.number !== null) return 1;
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

// A spreadsheet runs a cell that begins so as a formula, unless it is a number.
function csvField(text) {
  const formula = /^\s*[=+\-@\t\r＝＋－＠]/.test(text) && !/^[-+]?[\d.,]+%?$/.test(text);
  return '"' + (formula ? "'" : "") + text.replaceAll('"', '""') + '"';
}

// Column heads from left to right: with spans above they stand in two rows.
function headsOf(table) {
  const heads = [...table.tHead.querySelectorAll("th[data-column]")];
  return heads.sort((a, b) => a.dataset.column - b.dataset.column);
}

const headText = (head) => squeeze([...head.querySelectorAll(".label, .detail")].map((part) => part.textContent).join(" "));
const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.classList.contains("nothing"));
const indentOf = (row) => Number(/\bi(\d)\b/.exec(row.cells[0].className)?.[1] ?? 0);

function csvOf(table) {
  const heads = headsOf(table).map(headText);
  const lines = rowsOf(table).filter((row) => !row.hidden).map((row) => {
    const texts = [...row.cells].map((cell) => squeeze(cell.textContent));
    texts[0] = "  ".repeat(indentOf(row)) + texts[0];
    return [...texts, ...Array(Math.max(heads.length - texts.length, 0)).fill("")];
  });
  return [heads, ...lines].map((line) => line.map(csvField).join(",")).join("\r\n") + "\r\n";
}

// Rows as a tree: a heading, or a row less indented, holds the rows below it.
function treeOf(rows) {
  const top = { below: [] };
  const path = [];
  for (const row of rows) {
    const node = { row, depth: indentOf(row), heading: row.classList.contains("heading"), below: [] };
    const holds = (above) => above.depth < node.depth || (above.heading && !node.heading && above.depth === node.depth);
    while (path.length && !holds(path.at(-1))) path.pop();
    node.above = path.at(-1) ?? top;
    node.above.below.push(node);
    path.push(node);
  }
  return top;
}

const flat = (node) => node.below.flatMap((one) => [one, ...flat(one)]);

// Sorts a table within its headings; `direction` 0 is the order of the report.
function sortRows(table, tree, column, direction) {
  const textOf = (node) => squeeze(node.row.cells[column]?.textContent ?? "");
  // dates and identifiers begin with digits too: a column of records is numeric when every cell is
  const records = table.classList.contains("records");
  const asNumbers = !records || flat(tree).every((node) => { const text = textOf(node); return text === "" || numeric.test(text); });
  const sorted = (node) => {
    if (direction === 0) return node.below;
    const keys = node.below.map((one, index) => {
      const text = textOf(one);
      return { one, index, text: text.toLowerCase(), number: asNumbers ? numberIn(text) : null };
    });
    return keys.sort((a, b) => direction * compare(a, b) || a.index - b.index).map((key) => key.one);
  };
  const walk = (node) => sorted(node).flatMap((one) => [one, ...walk(one)]);
  const order = walk(tree);
  [...table.tBodies].forEach((body) => body.remove());
  let body = null;
  let rows = [];
  for (const node of order) {
    if (!body || (node.heading && node.depth === 0)) {
      body?.append(...rows);
      rows = [];
      body = table.appendChild(document.createElement("tbody"));
    }
    rows.push(node.row);
  }
  body?.append(...rows);
}

// Shows rows that hold every word, the headings above them, and all that a matching heading holds.
function filterRows(tree, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  const visit = (node, inside) => {
    node.text ??= squeeze(node.row.textContent).toLowerCase();
    const hit = words.every((word) => node.text.includes(word));
    const below = node.below.map((one) => visit(one, inside || hit));
    const kept = inside || hit || below.some(Boolean);
    node.row.hidden = !kept;
    if (kept && !node.heading) shown += 1;
    return kept;
  };
  tree.below.forEach((node) => visit(node, false));
  return shown;
}

function sortable(table, tree) {
  const heads = headsOf(table);
  heads.forEach((head, column) => {
    const sort = make("button", { type: "button", className: "sort" }, ...head.childNodes);
    head.append(sort);
    sort.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const direction = now === "ascending" ? -1 : now === "descending" ? 0 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (direction) head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      sortRows(table, tree, column, direction);
    });
  });
}

function filterBox(table, tree) {
  const nodes = flat(tree);
  const noun = table.classList.contains("records") ? "records" : "rows";
  const total = nodes.filter((node) => !node.heading).length;
  const count = make("output", { textContent: `${total} ${noun}` });
  const input = make("input", { type: "search", autocomplete: "off" });
  const run = () => {
    const shown = filterRows(tree, input.value);
    count.textContent = input.value.trim() ? `${shown} of ${total} ${noun}` : `${total} ${noun}`;
  };
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(run, 120);
  });
  table.addEventListener("showall", () => {
    input.value = "";
    run();
  });
  return [make("label", {}, "Filter", input), count];
}

const toolButton = (text, action, properties = {}) => {
  const button = make("button", { type: "button", textContent: text, ...properties });
  button.addEventListener("click", () => action(button));
  return button;
};

// Sorting, filter and export of one table; `name` is that of the file it is saved as.
function equip(table, name) {
  const tree = treeOf(rowsOf(table));
  if (!tree.below.length) return [];
  sortable(table, tree);
  return [...filterBox(table, tree), toolButton("Save as CSV", () => save(`${name}.csv`, csvOf(table)))];
}

function displayTools(display) {
  const table = display.querySelector("table");
  const heading = display.querySelector(".display-title");
  const title = squeeze(heading.querySelector(".number")?.textContent ?? heading.textContent);
  const tools = make("div", { className: "tools", role: "group", "aria-label": `Tools of ${title}` });
  if (table?.classList.contains("records")) {
    tools.append(...equip(table, display.id));
  } else if (table && rowsOf(table).length) {
    tools.append(
      toolButton("Sort and filter", (button) => {
        const made = equip(table, display.id);
        button.nextSibling.remove(); // equip brings its own
        button.replaceWith(...made);
        made[0].querySelector("input").focus();
      }),
      toolButton("Save as CSV", () => save(`${display.id}.csv`, csvOf(table))),
    );
  }
  tools.append(toolButton("Copy link", () => copyLink(`#${display.id}`)));
  (display.querySelector(".subtitle") ?? heading).after(tools);
}

document.querySelectorAll("main .display").forEach(displayTools);
document.querySelectorAll("main .plain table.records").forEach((table) => {
  const made = equip(table, table.closest("section").querySelector("[id]")?.id ?? "records");
  if (made.length) table.closest(".scroll").before(make("div", { className: "tools" }, made));
});

// A table as wide as its place needs no box that scrolls: its heads then stay in sight.
const fitting = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
  if (isIntersecting) target.classList.toggle("fits", target.scrollWidth <= target.clientWidth);
}));
const boxes = document.querySelectorAll("main .scroll");
const observe = () => {
  fitting.disconnect();
  boxes.forEach((box) => fitting.observe(box));
};
addEventListener("resize", observe);
observe();
