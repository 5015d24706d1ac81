"use strict";
// The chart of a household's income: a stack for each year, a line for the income per head.
for (const place of document.querySelectorAll("[data-chart]")) {
  const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const font = getComputedStyle(document.body).fontFamily;
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption({
    color: ["#1677ff", "#13a8a8", "#9254de", "#52a31d", "#d4380d", "#8c8c8c"],
    textStyle: { fontFamily: font },
    aria: { enabled: true },
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    tooltip: { trigger: "axis", confine: true, valueFormatter: (v) => `${Math.abs(v).toLocaleString()} ${data.unit}` },
    legend: { type: "scroll", top: 0, itemWidth: 14, itemHeight: 9 },
    grid: { left: 8, right: 8, top: 40, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: data.years, axisTick: { show: false } },
    yAxis: [
      { type: "value", axisLabel: { formatter: (v) => v.toLocaleString() }, splitLine: { lineStyle: { color: "#e3e8ef" } } },
    ],
    series: [
      ...data.series.map((one) => ({ ...one, type: "bar", stack: "sum", barMaxWidth: 42 })),
      { ...data.line, type: "line", symbolSize: 7, lineStyle: { width: 2 }, itemStyle: { color: "#fa8c16" } },
    ],
  });
  addEventListener("resize", () => chart.resize());
}
