import type { GatewayHandle } from '../support/spawn-gateway.ts';

/** A question nobody has asked before. */
export const cold = (name: string): string =>
  `/api/indexes/idx-loyalty/profiles?limit=1&filter%5Bcity%5D=nowhere-${name}`;

/**
 * Callers of each team who ask something new as soon as they are answered, so that as many always wait.
 *
 * @returns how often each status was answered
 */
export async function keepWaiting(
  gateway: GatewayHandle,
  teams: readonly string[],
  callers: number,
  isOver: () => boolean,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  const ask = async (team: string, caller: number): Promise<void> => {
    for (let turn = 0; !isOver(); turn += 1) {
      const { status } = await gateway.get(cold(`${team}-${caller}-${turn}`), { team });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(
    teams.flatMap((team) => Array.from({ length: callers }, (_, caller) => ask(team, caller))),
  );
  return statuses;
}
