import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FLOOD } from '../test/support/spawn-gateway.ts';
import { coldPath, labelOf } from './cold-path.ts';
import { linesChart } from './lines-chart.ts';
import { arrivedAt, observe } from './observe.ts';
import { median } from './percentile.ts';
import { ALL_SUBJECTS, type Case, type Question, type Target } from './question.ts';
import { linear, logarithmic } from './scale.ts';
import { linesOf } from './subject-lines.ts';

const BURST = 10;
const BURSTS = 20;
const IDLE_MS = 2000;
const WARM_UP_CALLS = 40;
const WARM_UP_HITS = 200;
const LEAVERS = 300;
const TEAMS = { web: 1 };

/** The subject of a burst is idleness, not a process that does everything for the first time. */
async function warmUp(target: Target): Promise<void> {
  await Promise.all(Array.from({ length: WARM_UP_CALLS }, (_, call) => target.get(coldPath('warmup', call))));
  for (let hit = 0; hit < WARM_UP_HITS; hit += 1) await target.get(coldPath('warmup', 0));
}

const bursts: Case = {
  name: `${BURSTS} bursts of ${BURST} cold questions, each after ${IDLE_MS / 1000} s of nothing`,
  subjects: ALL_SUBJECTS,
  measures: [
    { id: 'typical', title: 'last one dispatched, median', unit: ' ms' },
    { id: 'slowest', title: 'last one dispatched, slowest burst', unit: ' ms', required: { max: 50 } },
  ],
  teams: TEAMS,
  async run({ simulator, target }) {
    await warmUp(target);
    let seen = (await simulator.summary()).requests;
    const dispatchedMs: number[][] = [];
    for (let burst = 0; burst < BURSTS; burst += 1) {
      await sleep(IDLE_MS);
      // Wall-clock time, because the simulator's process has the same one; it is good to a millisecond.
      const sentAt = Date.now();
      const asking = Array.from({ length: BURST }, (_, call) =>
        target.get(coldPath('burst', burst * BURST + call)),
      );
      await Promise.all(asking);
      const calls = await simulator.journal({ since: seen });
      seen = calls.at(-1)?.seq ?? seen;
      dispatchedMs.push(calls.map((call) => Math.round(arrivedAt(call) - sentAt)));
    }
    const { stallMs } = await observe(simulator);
    const last = dispatchedMs.map((times) => times[BURST - 1] ?? Number.POSITIVE_INFINITY);
    const order = Array.from({ length: BURST }, (_, place) => place);
    return {
      figures: { typical: { value: median(last) }, slowest: { value: Math.max(...last) } },
      points: order.map((place) => [place + 1, median(dispatchedMs.map((times) => times[place] ?? 0))]),
      raw: { dispatchedMs },
      stallMs,
    };
  },
};

/** Long enough for what was left in a queue to come out of it. */
const AFTERMATH_MS = 3000;

const leavers: Case = {
  name: `${LEAVERS} callers who leave before their turn`,
  subjects: ALL_SUBJECTS,
  measures: [{ id: 'calls', title: 'calls made for them', required: { max: 0 } }],
  settings: FLOOD,
  teams: TEAMS,
  async run({ simulator, target }) {
    // The permits of the window are taken, so that whoever comes now has to wait.
    await Promise.all(Array.from({ length: BURST }, (_, call) => target.get(coldPath('first', call))));
    const leaving = new AbortController();
    setMaxListeners(0, leaving.signal);
    const gone = Array.from({ length: LEAVERS }, (_, call) =>
      target.get(coldPath('gone', call), { signal: leaving.signal }).catch(() => undefined),
    );
    await sleep(300);
    leaving.abort();
    await Promise.all(gone);
    await sleep(AFTERMATH_MS);
    const { calls, stallMs } = await observe(simulator);
    const made = calls.filter(({ target: path }) => labelOf(path) === 'gone').length;
    const unfinished = made > 0 && made < LEAVERS;
    return { figures: { calls: { value: made, unfinished } }, points: [], raw: { made }, stallMs };
  },
};

export const burst: Question = {
  name: 'burst',
  title: 'Does a burst leave at once, and does nobody pay for callers who have gone?',
  cases: [bursts, leavers],
  plot(results) {
    const lines = linesOf(results, bursts.name);
    const latest = Math.max(100, ...lines.flatMap(({ points }) => points.map(([, ms]) => ms)));
    return linesChart({
      title: `A burst of ${BURST} cold questions after ${IDLE_MS / 1000} s of nothing, median of ${BURSTS}`,
      x: { title: 'question', scale: linear(0, BURST) },
      y: { title: 'dispatched after (ms, logarithmic)', scale: logarithmic(1, latest) },
      lines,
      limit: { y: 50, title: 'required of the last' },
    });
  },
};
