/** Draws the minute with uPlot, which is there as a global. Whatever is drawn is told in words beside it. */

import { ENDINGS, MINUTE, percentile, troubles } from './minute.js';
import { counted } from './tables.js';

const { uPlot } = globalThis;
const HEIGHT = 200;

/** A canvas does not know the variables of the style, nor which colours go with dark and light. */
const probe = document.body.appendChild(document.createElement('span'));
probe.hidden = true;
function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function legend(figure, entries) {
  const list = figure.querySelector('.legend');
  list.replaceChildren(
    ...entries.map(([name, variable, value]) => {
      const item = document.createElement('li');
      const swatch = document.createElement('i');
      swatch.style.background = `var(--${variable})`;
      item.append(swatch, value === undefined ? name : `${name} ${counted(value)}`);
      return item;
    }),
  );
}

/** One plot, made anew when colours change, since a canvas does not follow them by itself. */
class Plot {
  #figure;
  #options;
  #plot;
  #data;

  constructor(id, options) {
    this.#figure = document.querySelector(`#${id}`);
    this.#options = options;
    const place = this.#figure.querySelector('.plot');
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(place);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  show(data, entries, said) {
    this.#data = data;
    legend(this.#figure, entries);
    this.#figure.querySelector('figcaption p').textContent = said;
    if (this.#plot === undefined) this.#draw();
    else this.#plot.setData(data);
  }

  #size() {
    return { width: this.#figure.querySelector('.plot').clientWidth, height: HEIGHT };
  }

  #draw() {
    if (this.#data === undefined) return;
    this.#plot?.destroy();
    const line = { stroke: colour('muted'), grid: { stroke: colour('line') }, ticks: { show: false } };
    const { axes = [{}], scales, series } = this.#options();
    const options = {
      ...this.#size(),
      cursor: { show: false },
      legend: { show: false },
      scales: { x: { range: (_plot, _low, high) => [high - MINUTE + 1, high] }, ...scales },
      axes: [
        {
          ...line,
          splits: ({ scales }) => [-45, -30, -15, 0].map((ago) => scales.x.max + ago),
          values: ({ scales }, times) => times.map((time) => `${time - scales.x.max} s`),
        },
        ...axes.map((axis) => ({ ...line, size: 45, ...axis })),
      ],
      series: [{}, ...series],
    };
    this.#plot = new uPlot(options, this.#data, this.#figure.querySelector('.plot'));
  }
}

const fromZero = (least) => ({ range: (_plot, _low, high) => [0, Math.max(least, high ?? 0) * 1.1] });
const bars = (name, more) => ({
  width: 0,
  fill: colour(name),
  points: { show: false },
  paths: uPlot.paths.bars({ size: [0.8] }),
  ...more,
});
const line = (name, more) => ({ stroke: colour(name), width: 2, points: { show: false }, ...more });
const stepped = () => uPlot.paths.stepped({ align: 1 });

export class Plots {
  #budget = new Plot('budget', () => ({
    scales: { y: fromZero(1) },
    series: [
      bars('pause', { paths: uPlot.paths.bars({ size: [1] }) }),
      bars('miss'),
      line('limit', { paths: stepped() }),
      line('shared', { dash: [6, 4], paths: stepped() }),
    ],
  }));
  #answers = new Plot('answers', () => ({
    scales: { y: fromZero(1) },
    // The first one is drawn first and reaches highest.
    series: ENDINGS.toReversed().map((kind) => bars(kind)),
  }));
  #upstream = new Plot('upstream', () => ({
    axes: [
      { values: (_plot, values) => values.map((value) => `${value} ms`), size: 60 },
      { side: 1, scale: 'calls', grid: { show: false } },
    ],
    scales: { y: fromZero(10), calls: fromZero(1) },
    series: [
      bars('failed', { scale: 'calls' }),
      line('shared', { points: {} }),
      line('miss', { points: {} }),
    ],
  }));

  show(minute, { rate, windowMs }) {
    const limit = (rate * 1000) / windowMs;
    const perSecond = (value) => (value === null ? null : (value * 1000) / windowMs);
    const sent = minute.series((second) => second.sent || null);
    const paused = minute.series(({ coolDownMs }) => (coolDownMs > 0 ? limit : null));
    const pauses = paused.filter((value) => value !== null).length;
    const calls = minute.sum((second) => second.sent);
    this.#budget.show(
      [
        minute.times,
        paused,
        sent,
        minute.times.map(() => limit),
        minute.series(({ effectiveRate }) => perSecond(effectiveRate)),
      ],
      [
        ['calls', 'miss', calls],
        ['limit per second', 'limit', limit],
        ['what Amperity allows', 'shared'],
        ['pause after a 429', 'pause', pauses],
      ],
      `${calls} calls in the last minute, at most ${Math.max(0, ...sent.map((count) => count ?? 0))} in a second; ${counted(limit)} are allowed. Seconds of pause: ${pauses}.`,
    );

    const stacked = ENDINGS.map((kind) => minute.series(({ endings }) => endings[kind] ?? 0));
    for (const [at, values] of stacked.entries())
      if (at > 0)
        stacked[at] = values.map((value, n) => (value === null ? null : value + stacked[at - 1][n]));
    const counts = ENDINGS.map((kind) => [kind, kind, minute.ended(kind)]);
    const told = counts.filter(([, , count]) => count > 0).map(([kind, , count]) => `${count} ${kind}`);
    this.#answers.show(
      [minute.times, ...stacked.toReversed()],
      counts,
      told.length === 0 ? 'Nobody has asked in the last minute.' : `In the last minute: ${told.join(', ')}.`,
    );

    const { tookMs } = minute;
    const troubled = minute.sum(troubles);
    const half = percentile(tookMs, 50);
    this.#upstream.show(
      [
        minute.times,
        minute.series((second) => troubles(second) || null),
        minute.series((second) => percentile(second.tookMs, 50)),
        minute.series((second) => percentile(second.tookMs, 95)),
      ],
      [
        ['half of the calls take at most', 'shared'],
        ['95 % take at most', 'miss'],
        ['failed calls', 'failed', troubled],
      ],
      half === undefined
        ? `No call has ended in the last minute. Failed: ${troubled}.`
        : `Half of the calls took up to ${half} ms, 95 % up to ${percentile(tookMs, 95)} ms. Failed: ${troubled}.`,
    );
  }
}
