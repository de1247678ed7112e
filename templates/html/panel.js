// How a number came about: a panel that any element with data-ard opens.
"use strict";

const wide = matchMedia("(min-width: 68rem)");
const ROWS_AT_ONCE = 200;
const PLACES_SHOWN = 12;
const PLACE = [["column", "Column"], ["group", "Group"], ["level", "Level"], ["variable", "Variable"],
  ["paramcd", "Parameter"], ["visit", "Visit"], ["time", "Time"]];

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
const refsOf = (element) => element.dataset.ard.split(" ").map(Number);
const at = (column, place) => (Array.isArray(column) ? column[place] : column);
const textAt = (data, name, place) => data[name].values[at(data[name].codes, place)];

// "0-3,7" as the numbers it stands for.
function listed(ranges) {
  if (!ranges) return [];
  return ranges.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, step) => first + step);
  });
}

// The display that a row of the results belongs to, and its data.
async function traceOf(row) {
  const { displays } = await il5report.load("index/displays");
  const found = displays.findLast((display) => display.first <= row);
  return il5report.load(`trace/${found.id}`);
}

function rawValue(data, place) {
  const stat = data.stat[place];
  const unit = textAt(data, "unit", place);
  const reason = textAt(data, "reason", place);
  if (stat === null) return /^hidden/.test(reason) ? reason : `not estimable: ${reason}`;
  return unit && !["subjects", "proportion"].includes(unit) ? `${stat} ${unit}` : String(stat);
}

const samePlace = (data, a, b) => ["analysis", ...PLACE.map(([name]) => name)].every((name) =>
  name === "time" ? at(data.time, a) === at(data.time, b) : at(data[name].codes, a) === at(data[name].codes, b));

function siblings(data, place) {
  const found = [];
  for (let other = 0; other < data.stat.length; other += 1) if (samePlace(data, place, other)) found.push(other);
  return found;
}

const scopeOf = (data, place) => data.scopes[at(data.scope, place)];

// A definition list of [term, texts or elements].
const facts = (pairs) => make("dl", { className: "panel-facts" }, pairs.map(([term, ...what]) =>
  make("div", {}, make("dt", {}, ...[term].flat()), make("dd", {}, ...what))));

const statName = (data, place) => [textAt(data, "stat_label", place), " ", make("code", { textContent: textAt(data, "stat_name", place) })];

const distinct = (data, name, places) => [...new Set(places.map((place) => textAt(data, name, place)).filter(Boolean))];
const value = (text) => make("span", { className: "value", textContent: text });

// The numbers of one place: those asked for, n/N, method, where it is; folded the others.
function statistics(data, places) {
  const pairs = places.map((place) => [statName(data, place), value(rawValue(data, place))]);
  const beside = siblings(data, places[0]);
  const find = (name) => beside.find((place) => textAt(data, "stat_name", place) === name);
  const [n, N] = [find("n"), find("N")];
  if (n !== undefined && N !== undefined) pairs.push(["n/N", value(`${data.stat[n] ?? "hidden"}/${data.stat[N] ?? "hidden"}`)]);
  pairs.push(["Method", distinct(data, "method", places).join("; ")]);
  distinct(data, "warning", places).forEach((text) => pairs.push(["Warning", text]));
  PLACE.forEach(([name, label]) => {
    const text = name === "time" ? at(data.time, places[0]) : textAt(data, name, places[0]);
    if (text !== "" && text !== null) pairs.push([label, String(text)]);
  });
  pairs.push([places.length > 1 ? "Result rows" : "Result row", `${places.map((place) => data.first + place).join(", ")} of ard.parquet`]);
  const parts = [facts(pairs)];
  const others = beside.filter((place) => !places.includes(place));
  if (others.length) {
    parts.push(make("details", {}, make("summary", {}, `${plural(others.length, "more statistic")} at this place`),
      facts(others.map((place) => [statName(data, place), value(rawValue(data, place))]))));
  }
  return parts;
}

// The places asked for, those that are one place together; of very many the first.
function atPlaces(data, places) {
  const groups = [];
  for (const place of places) {
    const same = groups.find((group) => samePlace(data, group[0], place));
    if (same) same.push(place);
    else groups.push([place]);
  }
  return { groups: groups.slice(0, PLACES_SHOWN), more: groups.length - PLACES_SHOWN };
}

// Conditions in words, and folded as the data's grammar has them.
const conditions = (data, lines) => {
  const code = lines.map((line) => data.lines[line][1]);
  const whole = code.map((part) => (code.length > 1 && / or /.test(part) ? `(${part})` : part)).join(" and ");
  return [
    make("ul", { className: "conditions" }, lines.map((line) => make("li", { textContent: data.lines[line][0] }))),
    make("details", { className: "code" }, make("summary", {}, "As code"), make("code", { textContent: whole })),
  ];
};

function analysisSet(data) {
  const { label, definition, size, lines } = data.set;
  return [
    make("h3", {}, "Analysis set"),
    make("p", {}, make("strong", {}, label), `${size === null ? "" : `, ${plural(size, "subject")}`}. ${definition}`),
    ...(lines.length ? conditions(data, lines) : []),
  ];
}

const valueOf = (column, record) => {
  if (column.numbers) return column.numbers[record];
  return column.codes[record] < 0 ? null : column.values[column.codes[record]];
};

function subjectList(records, subjects, adsl) {
  const counts = new Map();
  records.forEach((record) => counts.set(subjects[record], (counts.get(subjects[record]) ?? 0) + 1));
  return make("ul", { className: "subjects" }, [...counts].map(([subject, count]) => {
    const id = adsl.subjects[subject];
    const profile = document.getElementById(`subject-${id.replace(/[^A-Za-z0-9_-]/g, "-")}`);
    const text = count > 1 ? `${id} (${count})` : id;
    return make("li", {}, profile ? make("a", { href: `#${profile.id}`, textContent: text }) : text);
  }));
}

// Columns of the records: what the conditions name, then what identifies a record; none that is empty.
function columnsFor(dataset, data, adsl, scope, records) {
  const named = new Set(scope[1].concat(scope[2]).flatMap((line) => data.lines[line][1].replace(/"(?:[^"\\]|\\.)*"/g, " ").match(/[A-Z][A-Z0-9]+/g) ?? []));
  if (scope[5]) named.add(scope[5]);
  const own = dataset.columns.map((column, place) => ({ column, of: (record) => record, key: place < dataset.keys }));
  const theirs = adsl === dataset ? [] : adsl.columns.filter((column) => named.has(column.name) && !dataset.columns.some((mine) => mine.name === column.name))
    .map((column) => ({ column, of: (record) => dataset.subject[record], key: false }));
  return [...own, ...theirs]
    .map((one) => ({ ...one, condition: named.has(one.column.name) }))
    .filter((one) => (one.key || one.condition) && records.some((record) => valueOf(one.column, one.of(record)) !== null));
}

function recordTable(name, dataset, data, adsl, scope, records) {
  const numbers = listed(dataset.number);
  const columns = columnsFor(dataset, data, adsl, scope, records);
  const head = (label, detail, column, extra = "") => make("th", { scope: "col", "data-column": String(column), className: `left ${extra}` },
    make("span", { className: "label", textContent: label }), detail ? make("span", { className: "detail", textContent: detail }) : null);
  const line = (record) => make("tr", {},
    make("th", { scope: "row", textContent: adsl.subjects[dataset.subject[record]] }),
    make("td", { className: "right", textContent: String(numbers[record]) }),
    columns.map(({ column, of, condition }) => {
      const value = valueOf(column, of(record));
      return make("td", { className: `${column.numbers ? "right" : "left"}${condition ? " condition" : ""}`, textContent: value === null ? "" : String(value) });
    }));
  const body = make("tbody", {}, records.slice(0, ROWS_AT_ONCE).map(line));
  const caption = `Records of ${name}`;
  const table = make("table", { className: "records" },
    make("caption", { textContent: caption }),
    make("thead", {}, make("tr", {}, head("USUBJID", "Subject", 0), head("Record", `of ${dataset.height}`, 1),
      columns.map(({ column, condition }, place) => head(column.name, column.label, place + 2, condition ? "condition" : "")))), body);
  const tools = make("div", { className: "tools" });
  const equipped = () => tools.replaceChildren(...equip(table, `records-${name}`));
  if (records.length > ROWS_AT_ONCE) {
    tools.append(toolButton(`Show all ${records.length} records`, () => {
      body.append(...records.slice(ROWS_AT_ONCE).map(line));
      equipped();
      tools.querySelector("input").focus();
    }));
  } else equipped();
  return [tools, make("div", { className: "scroll", role: "region", tabindex: "0", "aria-label": caption }, table)];
}

// What a scope says, and below it the records that it finds.
async function evidence(data, scope, names, folded) {
  const [name, lines, without, set, subjects] = scope;
  const traced = set !== undefined;
  const [dataset, adsl] = traced ? await Promise.all([il5report.load(`records/${name}`), il5report.load("records/ADSL")]) : [null, null];
  const parts = [make("p", {}, "Records of ", make("strong", {}, name), dataset?.label ? ` (${dataset.label})` : "",
    lines.length ? " of these subjects, in which all of this holds:" : " of these subjects, all of them.")];
  if (lines.length) parts.push(...conditions(data, lines));
  if (without.length) parts.push(make("p", {}, "Left out are subjects with a record in which:"), ...conditions(data, without));
  if (traced) {
    const records = listed(data.sets[set]);
    parts.push(make("p", { className: "found-records" }, make("strong", {}, `${plural(records.length, "record")} of ${plural(subjects, "subject")}`)));
    if (records.length) parts.push(subjectList(records, dataset.subject, adsl), ...recordTable(name, dataset, data, adsl, scope, records));
  }
  if (folded) return make("details", {}, make("summary", {}, `Behind ${names}`), parts);
  return make("section", {}, make("h3", {}, `Behind ${names}`), parts);
}

// Scopes of the numbers shown, and folded those of their siblings n and N.
function scopesOf(data, places) {
  const found = new Map();
  const add = (place, folded) => {
    const key = at(data.scope, place);
    const name = textAt(data, "stat_name", place);
    const entry = found.get(key) ?? { names: [], folded };
    if (!entry.names.includes(name)) entry.names.push(name);
    found.set(key, entry);
  };
  places.forEach((place) => add(place, false));
  siblings(data, places[0]).filter((place) => textAt(data, "stat_name", place) === "N").forEach((place) => add(place, true));
  return [...found].map(([key, entry]) => ({ scope: data.scopes[key], ...entry, names: entry.names.join(", ") }));
}

// Where an element stands, in the words of the page.
function whereabouts(element) {
  const display = element.closest(".display");
  const texts = [];
  const title = display?.querySelector(".display-title");
  if (title) texts.push(squeeze(title.textContent));
  const cell = element.closest("td");
  if (cell) {
    const row = cell.closest("tr");
    const head = row.closest("table").tHead?.querySelector(`th[data-column="${cell.cellIndex}"]`);
    texts.push(squeeze(row.cells[0].textContent), head ? headText(head) : "");
  }
  return texts.filter(Boolean);
}

class Panel {
  constructor() {
    this.title = make("h2", { id: "panel-title", tabindex: "-1" });
    this.where = make("p", { className: "whereabouts" });
    this.body = make("div", { className: "panel-body" });
    const large = toolButton("Enlarge", () => {
      const on = this.dialog.classList.toggle("large");
      large.textContent = on ? "Reduce" : "Enlarge";
    });
    this.link = toolButton("Copy link", () => copyLink(`#ard-${this.refs[0]}`));
    const close = toolButton("Close", () => this.close());
    this.dialog = make("dialog", { className: "panel", "aria-labelledby": "panel-title" },
      make("div", { className: "panel-head" }, make("div", { className: "tools" }, large, this.link, close), this.title, this.where), this.body);
    document.body.append(this.dialog);
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      }
    });
    this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.close(); });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog && !wide.matches) this.close(); // beside the sheet
      if (event.target.closest(".subjects a") && !wide.matches) this.close(false);
    });
  }

  async open(element) {
    this.origin?.classList.remove("traced");
    this.origin = element;
    this.refs = refsOf(element);
    element.classList.add("traced");
    this.title.textContent = squeeze(element.textContent) || "Numbers drawn";
    this.where.replaceChildren(...whereabouts(element).map((text) => make("span", { textContent: text })));
    this.body.replaceChildren(make("p", { textContent: "Loading" }));
    this.show();
    const asked = element;
    let parts;
    try {
      parts = await this.parts();
    } catch (error) {
      parts = [make("p", { textContent: `The data behind this number cannot be loaded: ${error.message}` })];
    }
    if (this.origin !== asked) return; // another number was asked for meanwhile
    this.body.replaceChildren(...parts.flat().filter(Boolean));
    this.dialog.scrollTop = 0;
  }

  async parts() {
    const made = [];
    const groups = new Map();
    for (const row of this.refs) {
      const data = await traceOf(row);
      groups.set(data, [...(groups.get(data) ?? []), row - data.first]);
    }
    for (const [data, places] of groups) {
      const { groups: together, more } = atPlaces(data, places);
      for (const group of together) {
        made.push(...statistics(data, group), ...(group === together[0] ? analysisSet(data) : []));
        for (const { scope, names, folded } of scopesOf(data, group)) made.push(await evidence(data, scope, names, folded));
      }
      if (more > 0) made.push(make("p", {}, `${plural(more, "more place")} of the results: see ard.parquet.`));
    }
    return made;
  }

  show() {
    if (!this.dialog.open) {
      if (wide.matches) {
        this.dialog.show();
        document.body.classList.add("with-panel");
        requestAnimationFrame(() => this.origin?.scrollIntoView({ block: "nearest", inline: "nearest" }));
      } else this.dialog.showModal();
    }
    this.title.focus({ preventScroll: true });
  }

  close(back = true) {
    if (!this.dialog.open) return;
    this.dialog.close();
    document.body.classList.remove("with-panel");
    this.origin.classList.remove("traced");
    if (back) focusCell(this.origin);
    this.origin = null;
  }
}

let panel = null;
const trace = (element) => (panel ??= new Panel()).open(element);

// One tab stop per table: arrow keys move between its numbers, Enter opens the panel.
function focusCell(element) {
  const grid = element.closest("[role=grid]");
  grid?.querySelectorAll("[data-ard][tabindex='0']").forEach((cell) => cell.setAttribute("tabindex", "-1"));
  element.setAttribute("tabindex", "0");
  element.setAttribute("aria-haspopup", "dialog");
  element.focus();
}

const numbersIn = (row) => [...row.querySelectorAll("[data-ard]")];

function neighbour(cell, key, far) {
  const row = cell.closest("tr");
  const inRow = numbersIn(row);
  const place = inRow.indexOf(cell);
  const grid = cell.closest("table");
  if (key === "ArrowLeft") return inRow[place - 1];
  if (key === "ArrowRight") return inRow[place + 1];
  if (key === "Home" && !far) return inRow[0];
  if (key === "End" && !far) return inRow.at(-1);
  const rows = rowsOf(grid).filter((one) => !one.hidden && one.querySelector("[data-ard]"));
  if (key === "Home") return numbersIn(rows[0])[0];
  if (key === "End") return numbersIn(rows.at(-1)).at(-1);
  const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 }[key];
  const next = rows[Math.min(Math.max(rows.indexOf(row) + step, 0), rows.length - 1)];
  return numbersIn(next).find((one) => one.cellIndex === cell.cellIndex) ?? numbersIn(next)[0];
}

const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

function operable(root) {
  root.querySelectorAll("table").forEach((table) => {
    const first = table.querySelector("[data-ard]");
    if (!first) return;
    table.setAttribute("role", "grid");
    table.setAttribute("aria-describedby", "grid-help");
    first.setAttribute("tabindex", "0");
    first.setAttribute("aria-haspopup", "dialog");
    table.closest(".scroll")?.removeAttribute("tabindex"); // its numbers take the focus
  });
  root.querySelectorAll("[data-ard]:not(td)").forEach((number) => {
    number.setAttribute("role", "button");
    number.setAttribute("tabindex", "0");
    number.setAttribute("aria-haspopup", "dialog");
  });
}

document.body.append(make("p", { id: "grid-help", hidden: true, textContent: "Arrow keys move between numbers; Enter shows how a number came about." }));
operable(document.getElementById("report"));

document.addEventListener("click", (event) => {
  const number = event.target.closest("[data-ard]");
  if (!number || event.target.closest("a") || String(getSelection())) return;
  trace(number);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && panel?.dialog.open) return panel.close();
  const number = event.target.closest?.("[data-ard]");
  if (!number || event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    trace(number);
  } else if (MOVES.has(event.key) && number.tagName === "TD") {
    event.preventDefault();
    const next = neighbour(number, event.key, event.ctrlKey);
    if (next) focusCell(next);
  }
});

// A link to a number, or to a display that was filtered away.
function follows() {
  const row = /^#ard-(\d+)$/.exec(location.hash)?.[1];
  const number = row && document.querySelector(`main [data-ard~="${row}"]`);
  if (!number) return;
  goTo(number);
  trace(number);
}
addEventListener("hashchange", follows);
follows();
