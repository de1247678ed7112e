// Search over the whole report: numbers of displays, titles, row labels, notes, text, listings.
"use strict";

const SHOWN = 60;
const plain = (text) => squeeze(text).normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();

// Everything that can be found, in reading order; made when first needed.
const everything = (() => {
  let made = null;
  const entry = (element, kind, rank, text, place) => ({ element, kind, rank, text, plain: plain(text), place });
  const kindOf = (element) => {
    if (element.matches(".display-title")) return ["Title", 1];
    if (element.matches("h1, h2, h3, h4, h5, h6")) return ["Section", 1];
    if (element.matches("tr")) return element.closest("table").classList.contains("records") ? ["Record", 4] : ["Row", 2];
    return element.closest(".notes") ? ["Note", 3] : ["Text", 3];
  };
  return () => {
    if (made) return made;
    made = [];
    let place = "";
    const wanted = "h1, h2, h3, h4, h5, h6, p:not(.found-records), li, figure desc, tbody tr";
    for (const element of document.getElementById("report").querySelectorAll(wanted)) {
      if (element.closest(".drawn, .tools") || element.classList.contains("nothing")) continue;
      const [kind, rank] = kindOf(element);
      // of a row of a table its label is looked through, of a record every cell, a blank between
      const text = element.tagName !== "TR" ? element.textContent
        : rank === 2 && !element.closest(".plain") ? element.cells[0].textContent
        : [...element.cells].map((cell) => cell.textContent).join(" ");
      const said = squeeze(text);
      if (rank === 1) place = said;
      if (said) made.push(entry(element, kind, rank, said, rank === 1 ? "" : place));
    }
    return made;
  };
})();

function matches(query) {
  const words = plain(query).split(" ").filter(Boolean);
  if (!words.length) return [];
  const whole = words.join(" ");
  const score = ({ plain: text, rank }) => rank + (text.split(" ").includes(whole) && rank === 1 ? -1 : 0) + (text.includes(whole) ? 0 : 0.5);
  return everything()
    .filter(({ plain: text }) => words.every((word) => text.includes(word)))
    .map((found, index) => ({ ...found, score: score(found), index }))
    .sort((a, b) => a.score - b.score || a.index - b.index);
}

// The part of a text around the first word found, the words marked.
function excerpt(text, query) {
  const words = plain(query).split(" ").filter(Boolean);
  const low = text.toLowerCase();
  const first = Math.max(Math.min(...words.map((word) => low.indexOf(word)).filter((place) => place >= 0), text.length), 0);
  const start = first > 60 && first < text.length ? first - 40 : 0;
  const part = (start ? "… " : "") + text.slice(start, start + 140) + (text.length > start + 140 ? " …" : "");
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  return part.split(pattern).map((piece, place) => (place % 2 ? make("mark", { textContent: piece }) : piece));
}

function searchBox() {
  const input = make("input", {
    type: "search", id: "search", role: "combobox", autocomplete: "off", spellcheck: false, placeholder: "Text, or number of a display",
    "aria-expanded": "false", "aria-controls": "results", "aria-autocomplete": "list",
  });
  const list = make("ul", { id: "results", role: "listbox", "aria-label": "Results" });
  const count = make("p", { className: "count", role: "status" });
  const box = make("div", { className: "results", hidden: true }, count, list);
  const search = make("search", { className: "search" }, make("label", { htmlFor: "search", textContent: "Search" }), input, box);
  document.querySelector(".bar .running").after(search);
  let found = [];
  let chosen = -1;

  const open = (on) => {
    box.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
  };
  const choose = (place) => {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = place;
    const option = list.children[chosen];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const go = (place) => {
    if (!found[place]) return;
    open(false);
    goTo(found[place].element);
  };
  const run = () => {
    const all = matches(input.value);
    found = all.slice(0, SHOWN);
    list.replaceChildren(...found.map(({ kind, text, place }, index) => make("li", { id: `result-${index}`, role: "option", "aria-selected": "false" },
      make("span", { className: "kind", textContent: place ? `${kind} in ${place}` : kind }), make("span", { className: "excerpt" }, excerpt(text, input.value)))));
    count.textContent = !input.value.trim() ? "" : !all.length ? "Nothing found"
      : all.length > SHOWN ? `The first ${SHOWN} of ${all.length} places` : `${all.length} ${all.length === 1 ? "place" : "places"}`;
    open(Boolean(input.value.trim()));
    choose(found.length ? 0 : -1);
  };
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(run, 120);
  });
  input.addEventListener("focus", () => { if (input.value.trim()) open(true); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (box.hidden) input.value = "";
      open(false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (box.hidden) run();
      else if (found.length) choose((chosen + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(waiting);
      const before = chosen;
      if (box.hidden || count.textContent === "" || !found.length) run();
      go(Math.max(before, 0));
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) go([...list.children].indexOf(option));
  });
  search.addEventListener("focusout", (event) => { if (!search.contains(event.relatedTarget)) open(false); });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
}

searchBox();
