import { Draws } from '../data/prng.ts';
import type { KnobValues } from '../knobs/knob-table.ts';
import type { Exchange } from '../request/exchange.ts';
import type { FaultMatch, FaultRule } from './fault-rule.ts';

interface Counted {
  matched: number;
  fired: number;
}

type Facts = Pick<Exchange, 'target' | 'record'>;

/** The rules in force and how often each of them matched and fired. */
export class FaultBook {
  readonly #draws: Draws;
  #rules = new Map<FaultRule, Counted>();

  constructor(knobs: Pick<KnobValues, 'faults' | 'data.seed'>) {
    this.#draws = new Draws(knobs['data.seed'], 'faults');
    this.follow(knobs.faults);
  }

  /** Rules that stay in the list keep their counts. */
  follow(rules: readonly FaultRule[]): void {
    this.#rules = new Map(rules.map((rule) => [rule, this.#rules.get(rule) ?? { matched: 0, fired: 0 }]));
  }

  /** The first rule that strikes this request, called once per stage in the order of arrival. */
  draw(at: 'answer' | 'arrival', facts: Facts): FaultRule | undefined {
    for (const [rule, counted] of this.#rules) {
      if ((rule.at ?? 'answer') !== at || !matches(rule.match, facts)) continue;
      counted.matched++;
      if (rule.match?.nth !== undefined && rule.match.nth !== counted.matched) continue;
      if (rule.times !== undefined && counted.fired >= rule.times) continue;
      if (rule.p !== undefined && this.#draws.next() >= rule.p) continue;
      counted.fired++;
      facts.record.fault = rule.do;
      return rule;
    }
    return undefined;
  }
}

function matches(match: FaultMatch | undefined, { target, record }: Facts): boolean {
  if (!match) return true;
  return (
    (match.route ?? target.route) === target.route &&
    (match.tenant ?? record.tenant) === record.tenant &&
    (match.index ?? target.indexId) === target.indexId &&
    (match.filters ?? target.filterCount) === target.filterCount
  );
}
