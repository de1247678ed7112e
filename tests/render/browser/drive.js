// Works the page as a reader would and tells the page around it what happened.
"use strict";

const outcome = { violations: {}, errors: [] };
addEventListener("error", (event) => outcome.errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => outcome.errors.push(String(event.reason)));

const wait = (time) => new Promise((done) => setTimeout(done, time));
async function until(condition, what) {
  for (let turn = 0; turn < 200; turn += 1) {
    const found = condition();
    if (found) return found;
    await wait(25);
  }
  throw new Error(`never came: ${what}`);
}
const press = (key, options = {}) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));
const type = (input, text) => {
  input.focus();
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
};
const button = (box, text) => [...box.querySelectorAll("button")].find((one) => one.textContent === text);

// The whole page once; after that what has changed, with its place in the page.
async function audit(state, where = document) {
  if (!window.axe) return;
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(where, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  outcome.violations[state] = violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]);
}

async function panelOf(cell) {
  cell.scrollIntoView();
  cell.click();
  const panel = await until(() => document.querySelector("dialog[open]"), "the panel");
  await until(() => panel.querySelector(".found-records"), "its records");
  return panel;
}

async function numbers() {
  const cells = [...document.querySelectorAll("#t_best_response td[data-ard]")];
  const cell = cells.find((one) => /^\u2007*[1-9]/.test(one.textContent));
  const panel = await panelOf(cell);
  outcome.printed = cell.textContent.trim();
  outcome.said = panel.textContent;
  outcome.subjects = [...panel.querySelector(".subjects").children].map((one) => one.textContent);
  outcome.records = panel.querySelector(".records").tBodies[0].rows.length;
  outcome.focusInPanel = panel.contains(document.activeElement);
  outcome.named = document.getElementById(panel.getAttribute("aria-labelledby")).textContent;
  await audit("panel", panel);
  press("Escape");
  outcome.closed = !panel.open;
  outcome.focusBack = document.activeElement === cell;
  press("ArrowDown");
  outcome.moved = document.activeElement.closest("tr") === cell.closest("tr").nextElementSibling;
  press("Enter");
  outcome.openedByKey = panel.open;
  await until(() => panel.querySelector(".panel-facts"), "the panel again");
  press("Escape");
  outcome.tabStops = document.querySelectorAll("main [data-ard][tabindex='0']").length;
  outcome.numbers = document.querySelectorAll("main [data-ard]").length;
}

async function listing() {
  const display = document.getElementById("l_deaths");
  const rows = [...display.querySelectorAll("tbody tr")];
  const wanted = rows.at(-1).cells[0].textContent.trim();
  type(display.querySelector(".tools input"), wanted);
  await until(() => rows[0].hidden, "the filter");
  outcome.filtered = rows.every((row) => row.hidden === !row.textContent.includes(wanted));
  await audit("listing filtered", display);
  type(display.querySelector(".tools input"), "");
  await until(() => !rows[0].hidden, "all rows");
  display.querySelector("th .sort").click();
  const texts = [...display.querySelectorAll("tbody th")].map((one) => one.textContent.trim().toLowerCase());
  outcome.sorted = texts.every((text, place) => place === 0 || texts[place - 1] <= text);
  outcome.csv = csvOf(display.querySelector("table"));
  outcome.guarded = ["=1+1", "-1.5", "-x", "@SUM", "\t=1", "a\"b"].map(csvField);
}

async function table() {
  const display = document.getElementById("t_demography");
  const before = [...display.querySelectorAll("tbody tr")].map((row) => row.textContent);
  button(display, "Sort and filter").click();
  type(display.querySelector(".tools input"), "female");
  const shown = () => [...display.querySelectorAll("tbody tr")].filter((row) => !row.hidden).map((row) => row.cells[0].textContent.trim());
  await until(() => shown().length < before.length, "the filter of a table");
  outcome.tableFiltered = shown();
  type(display.querySelector(".tools input"), "");
  await until(() => shown().length === before.length, "all rows of a table");
  const sort = display.querySelectorAll("th .sort")[1];
  sort.click();
  const kept = [...display.querySelectorAll("tbody tr")].map((row) => row.textContent);
  await audit("table sorted", display);
  outcome.sortKeepsRows = before.length === kept.length && kept.every((text) => before.includes(text));
  sort.click();
  sort.click();
  outcome.sortUndone = JSON.stringify([...display.querySelectorAll("tbody tr")].map((row) => row.textContent)) === JSON.stringify(before);
}

async function figure() {
  const display = document.getElementById("f_os");
  button(display, "Show data").click();
  await until(() => display.querySelector(".drawn td"), "the data of a figure");
  outcome.drawn = display.querySelectorAll(".drawn td[data-ard]").length;
  outcome.marks = [...display.querySelectorAll(".marks title")].map((one) => one.textContent);
  await audit("data of a figure", display);
}

async function find() {
  press("k", { ctrlKey: true });
  const input = document.activeElement;
  outcome.searchFocused = input.id === "search";
  const number = document.querySelector("#t_best_response .number").textContent.replace(/^\D+/, "");
  type(input, number);
  const first = await until(() => document.querySelector("#results [aria-selected=true]"), "results");
  outcome.foundByNumber = first.textContent.includes(number);
  outcome.expanded = input.getAttribute("aria-expanded");
  await audit("results open", document.querySelector("header"));
  press("Enter");
  outcome.wentTo = document.activeElement.closest(".display")?.id;
  type(input, "zzzz nothing");
  await until(() => document.querySelector(".results .count").textContent === "Nothing found", "no result");
  outcome.foundNothing = document.querySelectorAll("#results li").length;
}

addEventListener("load", async () => {
  try {
    outcome.width = innerWidth;
    outcome.overflow = document.documentElement.scrollWidth - innerWidth;
    await audit("page");
    for (const act of [numbers, listing, table, figure, find]) await act();
  } catch (error) {
    outcome.errors.push(String(error.stack ?? error));
  }
  parent.postMessage(JSON.stringify(outcome), "*");
});
