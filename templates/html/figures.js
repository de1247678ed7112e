// Figures: the numbers that are drawn, as a table, and the value of a mark that is pointed at.
"use strict";

const shortNumber = (value) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6))));

// The rows of one analysis: where a number stands on the left, one column per statistic.
function drawnTable(data, analysis, places, caption) {
  const varying = PLACE.filter(([name]) => new Set(places.map((place) => (name === "time" ? at(data.time, place) : textAt(data, name, place)))).size > 1);
  const labels = [...new Set(places.map((place) => textAt(data, "stat_label", place)))];
  const rows = new Map();
  for (const place of places) {
    const where = varying.map(([name]) => (name === "time" ? at(data.time, place) : textAt(data, name, place)));
    const key = where.join("\u0000");
    if (!rows.has(key)) rows.set(key, { where, cells: new Map() });
    rows.get(key).cells.set(textAt(data, "stat_label", place), place);
  }
  const text = (value) => (value === null ? "" : typeof value === "number" ? shortNumber(value) : value);
  const heads = [...(varying.length ? varying.map(([, label]) => label) : ["Analysis"]), ...labels];
  const unit = (label) => textAt(data, "unit", places.find((place) => textAt(data, "stat_label", place) === label));
  return make("table", { className: "summary" },
    make("caption", { textContent: caption }),
    make("thead", {}, make("tr", {}, heads.map((label, column) => make("th", { scope: "col", "data-column": String(column), className: column < Math.max(varying.length, 1) ? "left" : "right" },
      make("span", { className: "label", textContent: label }), labels.includes(label) && unit(label) ? make("span", { className: "detail", textContent: unit(label) }) : null)))),
    make("tbody", {}, [...rows.values()].map(({ where, cells }) => make("tr", {},
      (where.length ? where : [analysis]).map((value, place) => make(place ? "td" : "th", place ? { className: "left" } : { scope: "row" }, text(value))),
      labels.map((label) => {
        const place = cells.get(label);
        if (place === undefined) return make("td", { className: "right" });
        const value = data.stat[place];
        return make("td", { className: "right", "data-ard": String(data.first + place), title: value === null ? textAt(data, "reason", place) : "" },
          value === null ? "NE" : shortNumber(value));
      })))));
}

async function drawn(display) {
  const data = await il5report.load(`trace/${display.id}`);
  const analyses = new Map();
  data.stat.forEach((_, place) => {
    const analysis = textAt(data, "analysis", place);
    analyses.set(analysis, [...(analyses.get(analysis) ?? []), place]);
  });
  const title = squeeze(display.querySelector(".display-title").textContent);
  const parts = [...analyses].flatMap(([analysis, places]) => {
    const heading = analysis === "columns" ? "subjects per column" : analysis;
    const table = drawnTable(data, analysis, places, `${title}: ${heading}`);
    return [
      make("h4", { textContent: heading.charAt(0).toUpperCase() + heading.slice(1) }),
      make("div", { className: "tools" }, toolButton("Save as CSV", () => save(`${display.id}-${analysis}.csv`, csvOf(table)), { "aria-label": `Save as CSV: ${heading}` })),
      make("div", { className: "scroll", role: "region", "aria-label": `${title}: ${heading}` }, table),
    ];
  });
  const box = make("div", { className: "drawn", id: `${display.id}-data` }, parts);
  operable(box);
  return box;
}

document.querySelectorAll("main .display.figure[data-numbers]").forEach((display) => {
  let box = null;
  const button = toolButton("Show data", async () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Hide data" : "Show data";
    if (open && !box) {
      box = await drawn(display).catch((error) => make("p", { textContent: error.message }));
      display.querySelector("figure").after(box);
    }
    box.hidden = !open;
  }, { "aria-expanded": "false" });
  display.querySelector(".tools").prepend(button);
});
