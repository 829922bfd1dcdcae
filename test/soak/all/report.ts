import { percentile } from '../../../bench/percentile.ts';
import { slopeOf } from '../../../bench/slope.ts';
import type { JournalEntry, JournalSummary } from '../../../simulator/client.ts';
import { POLICIES } from '../../chaos/teams/policies.ts';
import type { Ledger } from './ledger.ts';
import type { Watch } from './watch.ts';

/** Of the run, in which memory has to be flat: what is done to the replicas themselves is over by then. */
const STEADY_FROM = 0.5;
const MOST_SLOPE_MB_PER_MIN = 1;
/** What a minute or two says of memory is chance. */
const LEAST_STEADY_S = 600;
/** Calls per second that Amperity allows. */
const RATE = 10;
/** Of what a team asks, what a hostile Amperity and a full budget leave; the one that floods excepted. */
const LEAST_GIVEN = 0.8;
const FLOODS = 'hmac';
const MOST_CUT = 0.2;
/** Of who asks for one new thing: 3.5 s at most by Amperity itself, a fair turn, and a call that is made again now and then. */
const MOST_P95_S = 15;

export interface Outcome {
  readonly ledger: Ledger;
  readonly watch: Watch;
  readonly summary: JournalSummary;
  readonly journal: readonly JournalEntry[];
  readonly purged: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** Prints the report; whether all is as required. */
export function report(outcome: Outcome, say: (line: string) => void): boolean {
  const { ledger, watch, summary, journal, purged, seconds } = outcome;
  say(
    `\n${ledger.asked} requests in ${seconds} s: ${ledger.answered} answered, ${ledger.gone} left by their callers`,
  );
  say(
    `${ledger.walks} walks compared as a whole, ${ledger.exports} exports, ${ledger.cutExports} exports cut on their way`,
  );
  say(
    `${summary.requests} calls at the simulator, ${(summary.requests / seconds).toFixed(2)} per second; of these`,
  );
  say(`  ${JSON.stringify(summary.by_status)}; it stood still for at most ${summary.loop_stall_max_ms} ms`);
  say(`purges: ${[...purged].map(([status, count]) => `${count} × ${status}`).join(', ')}`);
  for (const [team, waits] of ledger.waits) {
    const part = (share: number): string => `${(percentile(waits, share) / 1000).toFixed(2)} s`;
    say(`${team}, one new question at a time: median ${part(0.5)}, p95 ${part(0.95)}, p99 ${part(0.99)}`);
  }
  say('');
  for (const { name } of POLICIES) {
    const outcomes = [...(ledger.outcomes.get(name) ?? [])].sort(([, one], [, other]) => other - one);
    say(`${name.padEnd(8)}${outcomes.map(([what, count]) => `${what} ${count}`).join(', ')}`);
  }
  say('');
  const { value: busiest, from_ms: from, to_ms: to } = summary.max_in_1s.profile?.acme ?? NOBODY;
  const arrivals = journal.filter(({ family, t_ms }) => family === 'profile' && t_ms >= from && t_ms <= to);
  const slopes = slopesOf(watch.memory, seconds);
  const isLong = seconds * (1 - STEADY_FROM) >= LEAST_STEADY_S;
  const invariants: readonly (readonly [
    what: string,
    measured: number | string,
    isMet: boolean,
    examples?: unknown,
  ])[] = [
    [
      `calls in any sliding second, busiest ${(from / 1000).toFixed(1)} s after the beginning`,
      busiest,
      busiest > 0 && busiest <= RATE,
      arrivals.map(({ t_ms, in_flight }) => `${(t_ms - from).toFixed(1)} ms (${in_flight} under way)`),
    ],
    ['calls that Amperity refused (429)', summary.limited, summary.limited === 0],
    [
      'bodies of another team or person, or otherwise wrong',
      size(ledger.wrong),
      size(ledger.wrong) === 0,
      ledger.wrong,
    ],
    ['requests without an end', ledger.hung, ledger.hung === 0],
    [
      `canaries in ${(watch.searchedBytes / 1e6).toFixed(0)} MB of logs, metrics, status, heads, problems and Redis`,
      watch.finds.length,
      watch.finds.length === 0,
      watch.finds.slice(0, 5),
    ],
    ['looks into Redis', watch.redisLooks, watch.redisLooks >= Math.floor(seconds / 120)],
    ['unexplained errors', size(ledger.unexplained), size(ledger.unexplained) === 0, ledger.unexplained],
    [
      'lines in the log that only a defect writes',
      size(watch.errors),
      size(watch.errors) === 0,
      watch.errors,
    ],
    [
      `memory, MB per minute, by replica${isLong ? '' : ' (too short to say)'}`,
      slopes.map(({ slope, most }) => `${slope.toFixed(2)} (at most ${most.toFixed(0)} MB)`).join(', '),
      !isLong || (slopes.length === 3 && slopes.every(({ slope }) => slope <= MOST_SLOPE_MB_PER_MIN)),
    ],
  ];
  const { cutExports, exports, walks } = ledger;
  const done = { walks, exports, 'confirmed purges': purged.get('200') ?? 0 };
  const works: readonly (readonly [what: string, measured: number | string, isMet: boolean])[] = [
    ...Object.entries(done).map(([what, count]) => [what, count, count > 0] as const),
    ['share of exports that were cut', share(cutExports, exports), cutExports <= MOST_CUT * exports],
    ...POLICIES.map(({ name }) => {
      const given = ledger.shareGiven(name);
      return [
        `share of requests of ${name} answered with a page`,
        given.toFixed(2),
        name === FLOODS || given >= LEAST_GIVEN,
      ] as const;
    }),
    ...[...ledger.waits].map(([team, waits]) => {
      const p95 = percentile(waits, 0.95) / 1000;
      return [
        `p95 of what ${team} waits for something new, in s`,
        p95.toFixed(1),
        p95 <= MOST_P95_S,
      ] as const;
    }),
  ];
  for (const [what, measured, isMet, examples] of [...invariants, ...works] as typeof invariants) {
    say(`${isMet ? 'as required ' : 'NOT SO      '} ${what}: ${measured}`);
    if (!isMet && examples !== undefined)
      say(JSON.stringify(examples instanceof Map ? [...examples] : examples, null, 1));
  }
  return [...invariants, ...works].every(([, , isMet]) => isMet);
}

const NOBODY = { value: 0, from_ms: 0, to_ms: 0 };

const share = (part: number, all: number): string => (part / Math.max(1, all)).toFixed(2);

/** Of all that was counted. */
export const size = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, one) => sum + one, 0);

/** Over the least of each minute: garbage that was not collected yet is no growth. */
function slopesOf(memory: Watch['memory'], seconds: number): { slope: number; most: number }[] {
  return [...memory.values()].flatMap((all) => {
    const steady = all.filter(([at]) => at >= STEADY_FROM * seconds);
    if (steady.length < 3) return [];
    const minutes = new Map<number, number>();
    for (const [at, mb] of steady) {
      const minute = Math.floor(at / 60);
      minutes.set(minute, Math.min(mb, minutes.get(minute) ?? Number.POSITIVE_INFINITY));
    }
    return [{ slope: slopeOf([...minutes]), most: Math.max(...steady.map(([, mb]) => mb)) }];
  });
}
