"use strict";
// What a drawing does besides being read: lights up the dependencies of a box, and is made larger and smaller.
let zoomed = 0;

function light(target, on) {
  const box = target.closest && target.closest(".box");
  if (!box) return;
  const graph = box.closest(".graph"), number = box.dataset.box;
  for (const edge of graph.querySelectorAll(`[data-from="${number}"], [data-to="${number}"]`)) {
    edge.classList.toggle("lit", on);
    const other = edge.dataset.from === number ? edge.dataset.to : edge.dataset.from;
    graph.querySelector(`[data-box="${other}"]`).classList.toggle("lit", on);
  }
}

for (const [name, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
  document.addEventListener(name, (event) => light(event.target, on));
}

function zoom() {
  for (const graph of document.querySelectorAll(".graph")) {
    graph.style.width = zoomed ? `${Math.round(graph.viewBox.baseVal.width * zoomed)}px` : "";
    graph.style.maxWidth = zoomed ? "none" : "";
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest(".zoom button");
  if (!button) return;
  const step = Number(button.value);
  zoomed = step ? Math.min(Math.max((zoomed || 1) * step, 0.4), 3) : 0;
  zoom();
});
document.addEventListener("htmx:afterSettle", zoom);
for (const part of document.querySelectorAll(".zoom")) part.hidden = false;
