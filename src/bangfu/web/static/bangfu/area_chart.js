"use strict";
// The years of an area: bars for people, a line for the incidence of poverty on its own axis.
for (const place of document.querySelectorAll("[data-area-chart]")) {
  const data = JSON.parse(document.getElementById(place.dataset.areaChart).textContent);
  const chart = echarts.init(place, null, { renderer: "svg" });
  const number = (v) => (v === null || v === undefined ? "—" : v.toLocaleString());
  chart.setOption({
    color: ["#8c8c8c", "#fa8c16", "#52a31d", "#d4380d"],
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    aria: { enabled: true },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    tooltip: { trigger: "axis", confine: true },
    legend: { type: "scroll", top: 0, itemWidth: 14, itemHeight: 9 },
    grid: { left: 8, right: 8, top: 56, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: data.years, axisTick: { show: false } },
    yAxis: [
      { type: "value", name: data.people, minInterval: 1, axisLabel: { formatter: number }, splitLine: { lineStyle: { color: "#e3e8ef" } } },
      { type: "value", name: data.percent, min: 0, splitLine: { show: false } },
    ],
    series: [
      ...data.bars.map((bar) => ({ ...bar, type: "bar", barMaxWidth: 22, tooltip: { valueFormatter: (v) => `${number(v)} ${data.people}` } })),
      { ...data.line, type: "line", yAxisIndex: 1, symbolSize: 7, lineStyle: { width: 2 }, itemStyle: { color: "#1677ff" }, tooltip: { valueFormatter: (v) => `${number(v)} ${data.percent}` } },
    ],
  });
  addEventListener("resize", () => chart.resize());
}
