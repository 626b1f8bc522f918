// Left and right walk the points; the reading is spoken and shown under the chart; Enter opens its rows.
export function readByKeys(box, spec, chart) {
  const line = document.getElementById(box.dataset.reading);
  let at = spec.points.length;
  const say = (index) => {
    at = Math.max(0, Math.min(spec.points.length - 1, index));
    line.textContent = spec.points[at].reading;
    chart.dispatchAction({ type: "downplay", seriesIndex: 2 });
    chart.dispatchAction({ type: "highlight", seriesIndex: 2, dataIndex: at });
  };
  box.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: spec.points.length - 1 };
    if (event.key in moves) { event.preventDefault(); say(moves[event.key]); }
    const rows = spec.points[at]?.rows;
    if (event.key === "Enter" && rows) location.assign(rows);
  });
  chart.getZr().on("mousemove", (event) => {
    if (!chart.containPixel("grid", [event.offsetX, event.offsetY])) return;
    const [index] = chart.convertFromPixel({ seriesIndex: 2 }, [event.offsetX, event.offsetY]);
    if (index !== at) say(index);
  });
}
