// The shared frame of all charts. Python writes the data and the title; colours come from the tokens.
import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, MarkPointComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { lineWithBand } from "./line.js";
import { readByKeys } from "./reading.js";

echarts.use([LineChart, GridComponent, MarkLineComponent, MarkPointComponent, SVGRenderer]);
const kinds = { line: lineWithBand };

function draw(box) {
  const spec = JSON.parse(document.getElementById(box.dataset.spec).textContent);
  const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "svg" });
  chart.setOption(kinds[spec.kind](spec, box.clientWidth), true);
  chart.resize();
  if (!box.dataset.drawn) readByKeys(box, spec, chart);
  box.dataset.drawn = "yes";
}

const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
for (const twin of document.querySelectorAll("details.twin[data-closes]")) twin.open = false;
for (const box of document.querySelectorAll("[data-chart]")) {
  box.style.height = `${box.dataset.height}px`;
  box.hidden = false;
}
document.fonts.ready.then(drawAll);
document.addEventListener("interlock:redraw", drawAll);
document.addEventListener("htmx:afterSettle", drawAll);
addEventListener("resize", drawAll);
addEventListener("beforeprint", drawAll);
