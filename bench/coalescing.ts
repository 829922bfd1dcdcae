import { barsChart } from './bars-chart.ts';
import { crowdCase } from './crowd.ts';
import { ALL_SUBJECTS, type Question, SUBJECT_TITLES } from './question.ts';
import { logarithmic } from './scale.ts';
import { SUBJECT_COLOURS } from './subject-lines.ts';

const ATTEMPTS = 3;

const cases = [
  crowdCase({
    name: 'Amperity takes 300 ms',
    knobs: { 'latency.table': { 0: [300, 300] } },
    calls: { min: 1, max: 1 },
  }),
  crowdCase({
    name: 'Amperity takes 6 s',
    knobs: { 'latency.table': { 0: [6000, 6000] } },
    calls: { min: 1, max: 1 },
  }),
  crowdCase({
    name: 'Amperity answers 503',
    knobs: { faults: [{ do: 'status', status: 503 }] },
    calls: { min: 1, max: ATTEMPTS },
    failing: true,
    settings: { upstream: { attempts: ATTEMPTS } },
  }),
  crowdCase({
    name: 'the first caller hangs up',
    knobs: { 'latency.table': { 0: [800, 800] } },
    calls: { min: 1, max: 1 },
    firstLeaves: true,
  }),
];

export const coalescing: Question = {
  name: 'coalescing',
  title: 'How many calls do 1000 equal questions at once cost?',
  cases,
  plot(results) {
    const first = results.filter(({ run }) => run === 1);
    const calls = (subject: string, name: string) =>
      first.find((result) => result.subject === subject && result.case === name)?.figures.calls;
    const most = Math.max(1000, ...first.map(({ figures }) => figures.calls?.value ?? 0));
    return barsChart({
      title: 'Calls for 1000 equal questions at once',
      y: { title: 'calls (logarithmic)', scale: logarithmic(0.1, most) },
      groups: cases.map(({ name }) => name),
      series: ALL_SUBJECTS.map((subject) => ({
        title: SUBJECT_TITLES[subject],
        colour: SUBJECT_COLOURS[subject],
        values: cases.map(({ name }) => calls(subject, name)),
      })),
    });
  },
};
