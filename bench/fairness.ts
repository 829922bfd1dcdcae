import { equalTeams, weightedTeams } from './equal-shares.ts';
import { lightBesideFlood, quickBesideSlow } from './light-team.ts';
import { linesChart } from './lines-chart.ts';
import type { Question } from './question.ts';
import { linear, logarithmic } from './scale.ts';
import { linesOf } from './subject-lines.ts';

export const fairness: Question = {
  name: 'fairness',
  title: 'Does each team get its share, however much others ask?',
  cases: [equalTeams, lightBesideFlood, quickBesideSlow, weightedTeams],
  plot(results) {
    const lines = linesOf(results, lightBesideFlood.name);
    const waits = lines.flatMap(({ points }) => points.map(([ms]) => ms));
    return linesChart({
      title: 'Waits of a team that asks one question at a time beside a flood of 500',
      x: { title: 'wait (ms, logarithmic)', scale: logarithmic(10, Math.max(1000, ...waits)) },
      y: { title: 'share of its answers (%)', scale: linear(0, 100) },
      lines,
      limit: { x: 250, title: 'required of p95' },
    });
  },
};
