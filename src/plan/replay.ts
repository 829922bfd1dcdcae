import type { QueueTeam } from '../budget/fair-queue.ts';
import { WHOLE } from '../projection/view.ts';
import { GatewayError } from '../shared/errors.ts';
import { composePlan, type PlanSettings } from './compose-plan.ts';
import type { Arrival, Load } from './load.ts';
import { ScriptedAmperity } from './scripted-amperity.ts';
import { seededRandom } from './seeded-random.ts';
import { outcomeOf, Tally } from './tally.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface Replayed {
  readonly tally: Tally;
  /** Calls to Amperity on each team's turns, refreshes included. */
  readonly calls: ReadonlyMap<string, number>;
  /** From the first arrival to the last answer. */
  readonly seconds: number;
}

/**
 * Sends a load through the gateway's own cache and scheduler, in the time it takes to compute.
 *
 * @param weights by team; 1 where none is given
 * @param seed of everything that is random: what Amperity's calls take, how lifetimes scatter
 */
export async function replay(
  load: Load,
  settings: PlanSettings,
  weights: ReadonlyMap<string, number>,
  seed: number,
): Promise<Replayed> {
  const { arrivals, latenciesMs } = load;
  const startAt = arrivals[0]?.at ?? 0;
  const clock = new VirtualClock(startAt);
  const random = seededRandom(seed);
  const latencyMs = (): number => latenciesMs[Math.floor(random() * latenciesMs.length)] ?? 0;
  const questions = new Set(arrivals.map(({ question }) => question));
  const amperity = new ScriptedAmperity(questions, latencyMs, clock);
  const teams = new Map(
    [...new Set(arrivals.map(({ team }) => team))].map((name): [string, QueueTeam] => [
      name,
      { name, weight: weights.get(name) ?? 1, maxFlights: settings.queue.perTeam },
    ]),
  );
  const gateway = composePlan({ settings, teams: [...teams.keys()], amperity, clock, random });

  const tally = new Tally();
  let ended = 0;
  let lastEnd = 0;
  const ask = async ({ team: name, question: { request }, patienceMs }: Arrival): Promise<void> => {
    const caller = new AbortController();
    const stay = patienceMs === undefined ? undefined : clock.after(patienceMs, () => caller.abort());
    const team = teams.get(name) ?? { name, weight: 1, maxFlights: settings.queue.perTeam };
    try {
      const answer = await gateway.answers.answer({
        view: () => WHOLE,
        request,
        team,
        maxWaitMs: settings.queue.maxWaitMs,
        signal: caller.signal,
      });
      const { cache } = answer.delivery;
      tally.add(name, cache === 'bypass' ? 'miss' : cache, answer.waitedMs);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code === 'internal') throw error;
      tally.add(name, outcomeOf(error.code), 0);
    } finally {
      stay?.();
      ended += 1;
      lastEnd = clock.monotonic();
    }
  };

  let defect: unknown;
  const arrive = (number: number): void => {
    const arrival = arrivals[number];
    if (arrival === undefined) return;
    clock.after(arrival.at - startAt - clock.monotonic(), () => {
      ask(arrival).catch((error) => {
        defect ??= error;
      });
      arrive(number + 1);
    });
  };
  arrive(0);
  await clock.run(() => ended === arrivals.length || defect !== undefined);
  gateway.close();
  if (defect !== undefined) throw defect;

  const accounts = Object.entries(gateway.ledger.accounts());
  return {
    tally,
    calls: new Map(accounts.map(([team, { spent }]) => [team, spent.caller + spent.refresh + spent.idle])),
    seconds: lastEnd / 1000,
  };
}
