/* Draws the charts of the page with Chart.js; their data stand in the page as JSON. */
"use strict";
(() => {
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const drawn = new Map();
  const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name.replace(/_/g, "-")}`).trim();
  const colour = (name) => shade(name) || shade("other");
  const clock = (seconds) => {
    const whole = Math.round(Math.abs(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const two = (number) => String(number).padStart(2, "0");
    const text = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
    return seconds < 0 && whole ? `-${text}` : text;
  };
  const words = (value, unit) => (unit === "s" ? clock(value) : unit === "%" ? `${value} %` : String(value));

  function dataset(one, isSpan) {
    const isLine = one.kind === "line";
    return {
      type: one.kind,
      label: one.label,
      data: one.values,
      refs: one.refs,
      backgroundColor: colour(one.colour),
      borderColor: colour(one.colour),
      borderWidth: isLine ? 2 : 0,
      pointRadius: 3,
      yAxisID: isLine ? "rate" : "y",
      order: isLine ? 0 : 1,
      grouped: !isSpan,
      minBarLength: isSpan ? 3 : 0,
      maxBarThickness: isSpan ? 22 : 40,
    };
  }

  function axis(spec, isValue) {
    const made = { grid: { color: colour("line") }, ticks: { color: colour("quiet") }, stacked: spec.stacked };
    if (isValue) {
      made.beginAtZero = true;
      made.ticks.precision = spec.unit === "s" ? undefined : 0;
      made.ticks.callback = (value) => words(value, spec.unit);
    } else {
      made.ticks.autoSkip = !spec.horizontal;
      made.ticks.callback = function label(value) {
        const text = String(this.getLabelForValue(value));
        const most = spec.horizontal ? Math.min(32, Math.max(10, Math.floor(this.chart.width / 16))) : 32;
        return text.length > most ? `${text.slice(0, most - 1)}…` : text;
      };
    }
    return made;
  }

  function draw(canvas, spec) {
    const isSpan = spec.series.some((one) => one.values.some((value) => value && value.y !== undefined));
    const hasRate = spec.series.some((one) => one.kind === "line");
    const scales = {
      x: { ...axis(spec, spec.horizontal), ...(isSpan ? { type: "linear" } : {}) },
      y: { ...axis(spec, !spec.horizontal), ...(isSpan ? { type: "category", labels: spec.labels } : {}) },
    };
    if (hasRate) {
      scales.rate = {
        position: "right", beginAtZero: true, suggestedMax: 10, grid: { drawOnChartArea: false },
        ticks: { color: colour("quiet"), callback: (value) => `${value} %` },
      };
    }
    return new Chart(canvas, {
      type: "bar",
      data: { labels: isSpan ? undefined : spec.labels, datasets: spec.series.map((one) => dataset(one, isSpan)) },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        indexAxis: spec.horizontal ? "y" : "x",
        scales,
        onClick: (_, hits, chart) => {
          const hit = hits[0];
          const ref = hit && chart.data.datasets[hit.datasetIndex].refs[hit.index];
          if (ref) location.hash = ref;
        },
        plugins: {
          legend: { display: spec.series.length > 1, labels: { color: colour("text"), boxWidth: 12 } },
          tooltip: {
            callbacks: {
              label: (item) => {
                const raw = item.raw;
                if (raw && raw.text !== undefined) return `${raw.text}: ${clock(raw.x[0])} to ${clock(raw.x[1])}`;
                return `${item.dataset.label}: ${words(raw, item.dataset.type === "line" ? "%" : spec.unit)}`;
              },
            },
          },
        },
      },
    });
  }

  function drawAll() {
    for (const [name, spec] of Object.entries(specs)) {
      const canvas = document.getElementById(name);
      drawn.get(name)?.destroy();
      drawn.set(name, draw(canvas, spec));
    }
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
})();
