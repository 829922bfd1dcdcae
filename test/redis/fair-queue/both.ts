import fc from 'fast-check';
import type { Claim, FairQueue, FlightClass, Setback } from '../../../src/budget/fair-queue.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import { CALLERS_ONLY, request, team, UNPACED } from '../../contract/fair-queue/line.ts';

/** Weights whose sums come out even in binary, so that ties are ties on either side. */
const TEAMS = [team('a', 0.5, 5), team('b', 1, 5), team('c', 2, 4), team('d', 4, 3)];

const key = fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8', 'k9');
const at = fc.nat(TEAMS.length - 1);

type Call =
  | { do: 'enter'; key: string; team: number; class: FlightClass; withTotal: boolean; looked: boolean }
  | { do: 'leave'; key: string; team: number }
  | { do: 'claim'; callersOnly: boolean }
  | { do: 'requeue'; nth: number; setback: Setback }
  | { do: 'settle'; nth: number; fails: boolean }
  | { do: 'read'; team: number };

const kind = <K extends Call['do']>(name: K) => fc.constant(name);

export const calls: fc.Arbitrary<Call[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        do: kind('enter'),
        key,
        team: at,
        class: fc.constantFrom<FlightClass>('caller', 'caller', 'caller', 'refresh', 'export', 'idle'),
        withTotal: fc.boolean(),
        looked: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: kind('leave'), key, team: at }) },
    { weight: 6, arbitrary: fc.record({ do: kind('claim'), callersOnly: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: kind('requeue'),
        nth: fc.nat(5),
        setback: fc.constantFrom<Setback>('failed', 'throttled', 'unauthorized', 'unsent', 'declined'),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: kind('settle'), nth: fc.nat(5), fails: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: kind('read'), team: at }) },
  ),
  { minLength: 20, maxLength: 60 },
);

const FAR = 1e14;

/** Makes the same calls to both queues, in which no time is to pass, and compares what they tell. */
export async function playBoth(
  model: FairQueue,
  queue: FairQueue,
  run: readonly Call[],
  compare: (told: unknown, expected: unknown) => void,
): Promise<void> {
  const flying: { readonly claim: Claim; readonly model: Claim }[] = [];
  let claims = 0;
  const both = async <T>(call: (queue: FairQueue) => Promise<T>): Promise<[T, T]> => {
    const expected = await call(model);
    const told = await call(queue);
    compare(withoutTimes(told), withoutTimes(expected));
    return [told, expected];
  };
  for (const call of run) {
    const of = 'team' in call ? (TEAMS[call.team] ?? TEAMS[0]) : undefined;
    if (call.do === 'enter' && of !== undefined) {
      const interest = { team: of, class: call.class, until: FAR };
      await both((each) => each.enter(call.key, request(call.withTotal), interest, call.looked ? FAR : 0));
    } else if (call.do === 'leave' && of !== undefined) {
      await both((each) => each.leave(call.key, of.name));
    } else if (call.do === 'read' && of !== undefined) {
      const [told, expected] = [await queue.turnsAhead(of), await model.turnsAhead(of)];
      compare(told, expected);
      await both(async (each) => [...(await each.depths())].sort((x, y) => (x.team < y.team ? -1 : 1)));
    } else if (call.do === 'claim') {
      claims += 1;
      const [told, expected] = await both((each) =>
        each.claim(`claim-${claims}`, call.callersOnly ? CALLERS_ONLY : UNPACED),
      );
      if (told.claim && expected.claim) flying.push({ claim: told.claim, model: expected.claim });
    } else if (call.do === 'requeue' && flying.length > 0) {
      const [flight] = flying.splice(call.nth % flying.length, 1);
      if (flight === undefined) continue;
      await both((each) => each.requeue(each === model ? flight.model : flight.claim, call.setback));
    } else if (call.do === 'settle' && flying.length > 0) {
      const [flight] = flying.splice(call.nth % flying.length, 1);
      if (flight === undefined) continue;
      const ending = call.fails ? { failure: new GatewayError('upstream_error', 'Amperity failed.') } : {};
      await both((each) => each.settle(each === model ? flight.model : flight.claim, ending));
    }
  }
}

/** The clocks of the two are not the same. */
const withoutTimes = (told: unknown): unknown =>
  told === undefined
    ? undefined
    : JSON.parse(
        JSON.stringify(told, (name, value) =>
          ['enteredAt', 'oldestAt', 'lowerInMs'].includes(name) ? 0 : value,
        ),
      );
