// What a reader can do with the page; without scripts it is complete and merely still.
"use strict";

// Data come as scripts that hand themselves over: a page opened from a folder may fetch nothing.
const il5report = (() => {
  const held = new Map();
  const asked = new Map();
  const fetchScript = (key) => new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = `assets/${key}.js`;
    script.onload = () => (held.has(key) ? done(held.get(key)) : fail(new Error(`${key}: no data`)));
    script.onerror = () => fail(new Error(`${script.src} is missing`));
    document.head.append(script);
  });
  return {
    add(key, data) { held.set(key, data); },
    load(key) {
      if (!asked.has(key)) asked.set(key, held.has(key) ? Promise.resolve(held.get(key)) : fetchScript(key));
      return asked.get(key);
    },
  };
})();

function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const squeeze = (text) => text.replace(/[\s\u2007\u200b]+/g, " ").trim();

// Says something to a screen reader, and shows it for a moment.
function say(text) {
  const place = document.getElementById("said") ?? document.body.appendChild(make("p", { id: "said", role: "status" }));
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => {
    place.classList.remove("shown");
    place.textContent = "";
  }, 3000);
}

// Brings an element into sight below the bar, marks it for a moment, and moves the focus there.
function goTo(element) {
  for (let box = element.parentElement; box; box = box.parentElement) if (box.tagName === "DETAILS") box.open = true;
  element.closest("tr[hidden]")?.closest("table").dispatchEvent(new Event("showall"));
  const focusable = element.matches("a, button, input, [tabindex]");
  if (!focusable) element.setAttribute("tabindex", "-1");
  // sizes of what was never shown are guesses: the first jump makes the browser lay it out
  element.scrollIntoView({ block: "center" });
  requestAnimationFrame(() => element.scrollIntoView({ block: element.offsetHeight > innerHeight / 2 ? "start" : "center" }));
  element.focus({ preventScroll: true });
  element.classList.add("found");
  setTimeout(() => element.classList.remove("found"), 2500);
}

async function copyLink(hash) {
  const url = location.href.replace(/#.*$/, "") + hash;
  try {
    await navigator.clipboard.writeText(url);
    say("Link copied");
  } catch {
    // no clipboard from this folder: the address bar has it
    history.replaceState(null, "", hash);
    say("The link is in the address bar");
  }
}

function save(name, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff" + text], { type: "text/csv;charset=utf-8" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// The entry of the contents that belongs to what is on the screen.
function follow() {
  const links = new Map(
    [...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]),
  );
  const targets = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  // targets stand in reading order: the last one above the line is found by halving
  const passed = () => {
    let low = 0;
    let high = targets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (targets[middle].getBoundingClientRect().top < 160) low = middle + 1;
      else high = middle;
    }
    return targets[Math.max(low - 1, 0)];
  };
  const place = () => {
    const current = links.get(passed()?.id);
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

document.documentElement.classList.add("active");
follow();
