"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const nodes = new Map(data.plan.nodes.map((node) => [node.id, node]));
const boxes = [...document.querySelectorAll(".box")];
const drawn = new Map(boxes.filter((box) => box.dataset.id).map((box) => [box.dataset.id, box]));
const groups = boxes.filter((box) => !box.dataset.id);
const needs = new Map(), neededBy = new Map();
for (const id of nodes.keys()) { needs.set(id, []); neededBy.set(id, []); }
for (const [id, node] of nodes) for (const target of new Set(node.after.map((why) => why.node))) if (nodes.has(target)) { needs.get(id).push(target); neededBy.get(target).push(id); }

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function reached(start, along) {
  const seen = new Set([start]), open = [start];
  while (open.length) for (const next of along.get(open.pop())) if (!seen.has(next)) { seen.add(next); open.push(next); }
  return seen;
}

let chosen = null;

function draw() {
  const text = byId("search").value.trim().toLowerCase(), operation = byId("operation").value;
  const around = chosen ? new Set([...reached(chosen, needs), ...reached(chosen, neededBy)]) : null;
  const shown = new Set();
  for (const [id, node] of nodes) {
    const wanted = (!text || id.toLowerCase().includes(text))
      && (!operation || node.operation === operation || (operation === "changed" && node.operation !== "same" && node.operation !== "read"))
      && (!around || around.has(id));
    if (wanted) shown.add(id);
    drawn.get(id).classList.toggle("faded", !wanted);
    drawn.get(id).classList.toggle("chosen", id === chosen);
  }
  for (const group of groups) {
    const inside = [...document.querySelectorAll(`${group.getAttribute("href")} .box[data-id]`)];
    group.classList.toggle("faded", inside.every((box) => box.classList.contains("faded")));
  }
  for (const edge of document.querySelectorAll(".edge")) {
    const ends = [edge.dataset.from, edge.dataset.to].map((number) => edge.parentElement.querySelector(`[data-box="${number}"]`));
    edge.classList.toggle("faded", ends.some((box) => box.classList.contains("faded")));
  }
  byId("canvas").classList.toggle("show-path", byId("critical").checked);
  byId("found").textContent = shown.size === nodes.size ? "" : `${shown.size} of ${nodes.size} documents`;
}

function link(id) {
  const made = element("a", id);
  made.tabIndex = 0;
  made.onclick = () => choose(id);
  made.onkeydown = (event) => { if (event.key === "Enter") choose(id); };
  return made;
}

function resources(list) {
  const box = element("div");
  for (const one of list) {
    if (one.operation === "same" || one.operation === "read") continue;
    const kept = one.retained && one.operation === "delete" ? " (the object stays)" : "";
    box.append(element("div", `${one.operation} ${one.type} ${one.name}${kept}${one.remark ? ` (${one.remark})` : ""}`, one.operation));
    for (const change of one.changes) {
      const because = change.replaces ? " (replaces)" : "";
      const text = (sign, value) => `${sign} ${change.path}: ${JSON.stringify(value)}${because}`;
      const block = element("pre");
      if (change.kind !== "add") block.append(element("span", text("-", change.old), "delete"), "\n");
      if (change.kind !== "delete") block.append(element("span", text("+", change.new), "create"));
      box.append(block);
    }
  }
  return box;
}

function list(title, entries) {
  const box = element("div");
  box.append(element("h2", title));
  const items = element("ul");
  for (const entry of entries) { const item = element("li"); item.append(...entry); items.append(item); }
  box.append(items);
  return box;
}

function choose(id) {
  chosen = chosen === id ? null : id;
  const box = byId("details");
  box.replaceChildren();
  if (chosen) {
    const node = nodes.get(id), span = data.spans[id];
    box.append(element("h2", id), element("div", `${node.operation} in wave ${node.wave}`, node.operation), element("code", node.place, "soft"));
    if (span && span[1] > span[0]) box.append(element("p", `from ${span[0].toFixed(0)} s to ${span[1].toFixed(0)} s, ${span[2] ? `${span[2].toFixed(0)} s to spare` : "on the critical path"}`));
    box.append(resources(node.resources));
    if (node.after.length) box.append(list("Waits for", node.after.map((why) => [link(why.node), element("span", ` ${why.reason}: ${why.field}`, "soft")])));
    if (neededBy.get(id).length) box.append(list("Needed by", neededBy.get(id).map((one) => [link(one)])));
  } else box.append(element("p", "Choose a document: what happens to it and why it waits is shown here."));
  draw();
}

for (const [id, box] of drawn) box.addEventListener("click", (event) => { event.preventDefault(); choose(id); });
for (const id of ["search", "operation", "critical"]) byId(id).addEventListener("input", draw);
byId("critical").disabled = !data.critical.length;
byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

if (data.plan.removed.length) {
  byId("removed").append(element("h2", "Removed documents", "delete"));
  for (const node of data.plan.removed) byId("removed").append(element("div", node.id), resources(node.resources));
}
for (const verdict of data.verdicts) {
  byId("verdicts").append(element("h2", verdict.line, verdict.good ? "create" : "delete"));
  for (const one of verdict.advice) byId("verdicts").append(element("p", `${one.severity}: ${one.text}`, one.severity === "error" ? "delete" : "update"));
}
for (const namespace of data.plan.capacity.namespaces) {
  byId("capacity").append(element("h2", `Capacity of namespace ${namespace.namespace}`));
  for (const use of namespace.uses) {
    const share = use.most / use.limit, row = element("div", undefined, `bar${share > 1 ? " over" : share > .8 ? " full" : ""}`);
    const bar = element("i"), filled = element("b");
    filled.style.width = `${Math.min(100, share * 100)}%`;
    bar.append(filled);
    row.title = `${use.most} of ${use.limit} ${use.unit}`;
    row.append(element("span", use.resource), bar, element("span", `${(share * 100).toFixed(0)} %`));
    byId("capacity").append(row);
  }
}
const named = decodeURIComponent(location.hash.slice(1));
if (nodes.has(named)) {
  choose(named);
  for (let part = drawn.get(named).closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  drawn.get(named).scrollIntoView({ block: "center" });
} else draw();
