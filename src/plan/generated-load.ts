import { type Arrival, type Load, type Question, questionRequest, USUAL_BYTES } from './load.ts';
import { seededRandom } from './seeded-random.ts';

export interface Traffic {
  readonly requests: number;
  readonly seconds: number;
  /** Share of the requests by team; > 0. */
  readonly teams: ReadonlyMap<string, number>;
  /** How many different questions there are; every team asks all of them. */
  readonly questions: number;
  /** How much more often the popular ones are asked: the n-th in proportion to 1 / n^zipf; 0 is all alike. */
  readonly zipf: number;
  readonly latencyMs: number;
}

/** Callers who know nothing of each other (a Poisson process), asking what is popular more often (Zipf's law). */
export function generatedLoad(traffic: Traffic, seed: number): Load {
  const { requests, seconds, teams, questions: count, zipf, latencyMs } = traffic;
  const random = seededRandom(seed);
  const questions = Array.from(
    { length: count },
    (_, number): Question => ({
      request: questionRequest('profiles', `q${number}`),
      bytes: USUAL_BYTES,
      kind: 'page',
    }),
  );
  const question = drawn(
    questions.map((value, number) => [value, (number + 1) ** -zipf] as const),
    random,
  );
  const team = drawn([...teams], random);

  const arrivals: Arrival[] = [];
  // Exponential gaps, stretched so that just so many requests fill just so many seconds.
  const gaps = Array.from({ length: requests }, () => -Math.log(1 - random()));
  const stretch = (seconds * 1000) / gaps.reduce((sum, gap) => sum + gap, 0);
  let at = 0;
  for (const gap of gaps) {
    arrivals.push({ at, team: team(), question: question() });
    at += gap * stretch;
  }
  return { arrivals, latenciesMs: [latencyMs] };
}

/** Draws one of `shares`, each in proportion to its share. */
function drawn<T>(shares: readonly (readonly [value: T, share: number])[], random: () => number): () => T {
  let sum = 0;
  const sums = shares.map(([, share]) => {
    sum += share;
    return sum;
  });
  return () => {
    const mark = random() * sum;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > mark) high = middle;
      else low = middle + 1;
    }
    const found = shares[low];
    if (found === undefined) throw new RangeError('there is nothing to draw from');
    return found[0];
  };
}
