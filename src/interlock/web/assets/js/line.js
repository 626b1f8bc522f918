// A line with its interval as a band, events as thin uprights, the usual at the right margin.
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const FONT = "Inter Variable, Inter, sans-serif";
const small = (more) => ({ color: token("ink-3"), fontSize: 12, fontFamily: FONT, ...more });

function band(low, high, colour) {
  const silent = { type: "line", stack: "band", symbol: "none", silent: true, lineStyle: { opacity: 0 } };
  return [
    { ...silent, data: low },
    { ...silent, data: high.map((value, at) => (value === null || low[at] === null ? null : value - low[at])), areaStyle: { color: colour, opacity: 0.18 } },
  ];
}

// The usual is named at the right margin; where the last value stands too near, it moves out of its way.
function aside(spec, last) {
  const top = Math.max(spec.usual, ...spec.points.map((point) => point.high ?? point.value ?? 0)) || 1;
  const apart = ((last.value - spec.usual) / top) * 160;
  const near = 26 - Math.abs(apart);
  return near > 0 ? Math.round(near) * (apart >= 0 ? 1 : -1) : 0;
}

const usual = (line, text, moved) => ({
  silent: true, symbol: "none", data: [{ yAxis: line }],
  label: { show: true, position: "end", formatter: text, fontSize: 12, lineHeight: 15, color: token("ink-3"), distance: 6, offset: [0, moved] },
  lineStyle: { color: token("ink-3"), type: [2, 3], width: 1.5 },
});

function events(list, count) {
  return {
    type: "line", data: [], silent: true,
    markLine: {
      silent: true, symbol: "none", lineStyle: { color: token("edge"), width: 1, type: "solid" },
      data: list.map((event, place) => {
        const left = event.at > count / 2;
        // What happened at about the same time stands below one another.
        const above = list.slice(0, place).filter((other) => Math.abs(other.at - event.at) <= count / 6).length;
        return { xAxis: event.at, label: { show: true, formatter: event.text, position: "end", rotate: 0, align: left ? "right" : "left",
          distance: -20, offset: [left ? -6 : 6, 16 * above], fontSize: 12, color: token("ink-2") } };
      }),
    },
  };
}

// Themes that were merged or split off: thin, named at their end, one of them dashed so that they can be told apart.
const beside = (other) => ({
  type: "line", data: other.values, symbol: "none", silent: true, lineStyle: { color: token("ink-3"), width: 1, type: other.dashed ? "dashed" : "solid" },
  endLabel: { show: true, formatter: other.name.length > 18 ? other.name.slice(0, 17) + "…" : other.name, color: token("ink-3"), fontSize: 12 },
});

export function lineWithBand(spec, width) {
  const colour = token(spec.harm ? "harm-mark" : "ink-2");
  const few = spec.points.length <= 24;
  const column = (name) => spec.points.map((point) => point[name] ?? null);
  const last = spec.points[spec.points.length - 1];
  const step = Math.max(1, Math.ceil(spec.points.length / Math.max(2, Math.floor(width / 60))));
  return {
    animation: false, aria: { enabled: false }, textStyle: { fontFamily: FONT },
    grid: { left: 32, right: 52, top: 16, bottom: 24 },
    xAxis: {
      type: "category", boundaryGap: false, data: spec.points.map((_, at) => at), axisTick: { show: false },
      axisLine: { lineStyle: { color: token("edge") } },
      axisLabel: small({ interval: (at) => at % step === 0, formatter: (at) => spec.points[+at].short, hideOverlap: true }),
    },
    yAxis: {
      type: "value", min: 0, max: spec.end, splitNumber: 4, axisLine: { show: false }, axisTick: { show: false },
      axisLabel: small(), splitLine: { lineStyle: { color: token("rule"), width: 1 } },
    },
    series: [
      ...band(column("low"), column("high"), spec.band ? token("ink-3") : colour),
      ...(spec.others || []).map(beside),
      {
        type: "line", clip: false, data: column("value"), symbol: few ? "circle" : "none", symbolSize: 6,
        lineStyle: { color: colour, width: 2 }, itemStyle: { color: colour },
        endLabel: { show: true, formatter: last ? last.label : "", color: token(spec.harm ? "harm" : "ink"), fontWeight: 650, fontSize: 14, distance: 8 },
        markLine: spec.usual === null ? undefined : usual(spec.usual, spec.usual_label, last ? aside(spec, last) : 0),
      },
      ...(spec.events.length ? [events(spec.events, spec.points.length)] : []),
    ],
  };
}
