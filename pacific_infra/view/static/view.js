"use strict";
// What the pages do beyond links and forms: theme, keys, filters without a click, and whether the server is there.
const byId = (id) => document.getElementById(id);
const typing = (target) => target.matches("input, select, textarea, [contenteditable]");
const places = { o: "/", s: "/supervisors", n: "/namespaces", d: "/documents", g: "/graph", e: "/events", c: "/converge", h: "/history" };
let waitsForPlace = false;

function links() {
  return [...document.querySelectorAll("#live .row")].map((row) => row.querySelector("a")).filter(Boolean);
}

function move(step) {
  const all = links();
  if (!all.length) return;
  const current = all.indexOf(document.activeElement);
  const next = current < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(current + step, 0), all.length - 1);
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (waitsForPlace) {
    waitsForPlace = false;
    if (places[event.key]) location.assign(places[event.key]);
    return;
  }
  if (event.key === "/") byId("find").focus();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "?") byId("help").showModal();
  else if (event.key === "g") waitsForPlace = true;
  else return;
  event.preventDefault();
});

for (const button of [byId("theme"), byId("keys")]) button.hidden = false;
byId("keys").addEventListener("click", () => byId("help").showModal());
byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
// An empty filter is none: addresses stay short.
for (const form of document.querySelectorAll("form.filters, form.find")) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData.entries()]) if (!value) event.formData.delete(name);
  });
}
document.addEventListener("htmx:sseError", () => { byId("offline").hidden = false; });
document.addEventListener("htmx:sseOpen", () => { byId("offline").hidden = true; });
