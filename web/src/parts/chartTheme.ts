/** A chart's colours, taken from the page's own variables as they are in the current scheme. */

/** Colours for series, told apart by most people in either scheme; never the only mark of anything. */
const SERIES = {
  light: ["#2b55c4", "#a8480d", "#17623a", "#7a2e8f", "#0b6a7c", "#8f1d4d", "#5d5a00", "#43506b"],
  dark: ["#8fadff", "#f2a36b", "#86d6a4", "#d79be8", "#6fd0e0", "#f291b6", "#d3cf6b", "#aab6d0"],
};

/** A variable of the page, such as "--accent", as it is now. */
export function colour(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}

export function seriesColours(): readonly string[] {
  const dark = document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";
  return dark ? SERIES.dark : SERIES.light;
}

/** The theme that every chart has. */
export function chartTheme(): object {
  const text = { color: colour("--dim"), fontFamily: getComputedStyle(document.body).fontFamily };
  const axis = {
    axisLine: { lineStyle: { color: colour("--line-strong") } },
    axisTick: { lineStyle: { color: colour("--line-strong") } },
    axisLabel: { color: colour("--dim") },
    nameTextStyle: { color: colour("--dim") },
    splitLine: { lineStyle: { color: colour("--line") } },
  };
  return {
    color: seriesColours(),
    backgroundColor: "transparent",
    textStyle: text,
    grid: { left: 8, right: 24, top: 28, bottom: 8, containLabel: true },
    markLine: { symbol: "none" },
    legend: { textStyle: text },
    tooltip: {
      backgroundColor: colour("--surface"),
      borderColor: colour("--line-strong"),
      textStyle: { color: colour("--text"), fontSize: 13 },
      extraCssText: "border-radius: 6px",
    },
    valueAxis: axis,
    logAxis: axis,
    timeAxis: axis,
    categoryAxis: axis,
    parallelAxis: axis,
  };
}
