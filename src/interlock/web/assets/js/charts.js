// The shared frame of all charts. Python writes the data and the title; colours come from the tokens.
import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, MarkPointComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { lineWithBand } from "./line.js";
import { readByKeys } from "./reading.js";

echarts.use([LineChart, GridComponent, MarkLineComponent, MarkPointComponent, SVGRenderer]);
const kinds = { line: lineWithBand };

// What is folded away is drawn when it is opened.
function draw(box) {
  if (!box.clientWidth) return;
  const spec = JSON.parse(document.getElementById(box.dataset.spec).textContent);
  const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "svg" });
  chart.setOption(kinds[spec.kind](spec, box.clientWidth), true);
  chart.resize();
  if (!box.dataset.drawn) readByKeys(box, spec, chart);
  box.dataset.drawn = "yes";
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
function show() {
  for (const twin of document.querySelectorAll("details.twin[data-closes]")) {
    twin.open = false;
    delete twin.dataset.closes;
  }
  for (const box of document.querySelectorAll("[data-chart]")) {
    box.style.height = `${box.dataset.height}px`;
    box.hidden = false;
  }
}
show();
document.fonts.ready.then(drawAll);
document.addEventListener("interlock:arrived", () => { show(); drawAll(); });
document.addEventListener("toggle", drawAll, true);
document.addEventListener("interlock:redraw", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
addEventListener("resize", drawAll);
addEventListener("beforeprint", drawAll);
