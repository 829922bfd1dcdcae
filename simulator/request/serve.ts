import { setTimeout as delay } from 'node:timers/promises';
import { actFault } from '../faults/act-fault.ts';
import type { SimulatedApi } from '../simulated-api.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { type Admission, check, checkRoute } from './checks.ts';
import type { Exchange } from './exchange.ts';
import { drawLatencyMs } from './latency.ts';
import { indexListAnswer, profileListAnswer } from './list-answer.ts';
import { tokenAnswer } from './token-answer.ts';
import { send, toWire } from './wire.ts';

/**
 * The path of a request. Everything up to the waiting is one synchronous stretch, so checks, budgets and draws
 * follow the order of arrival.
 */
export async function serve(api: SimulatedApi, exchange: Exchange, controlPort: number): Promise<void> {
  const { target, knobs } = exchange;
  const answerWith = async (answer: Answer) => send(exchange, await toWire(exchange, answer));

  const arrivalFault = api.faults.draw('arrival', exchange);
  if (arrivalFault) return actFault(arrivalFault, exchange, jsonAnswer('{"data":[]}'), controlPort);

  const wrongRoute = checkRoute(exchange);
  if (wrongRoute) return answerWith(wrongRoute);

  const isToken = target.route === 'token';
  const admission = isToken ? undefined : check(api, exchange);
  if (admission && 'status' in admission) return answerWith(admission);

  const fault = api.faults.draw('answer', exchange);
  const latencyMs = isToken
    ? knobs['token.latency_ms']
    : drawLatencyMs(knobs, target.filterCount, target.withTotal, api.latencyDraws);

  const leave = isToken ? undefined : await api.capacity.enter(exchange.gone);
  try {
    await pause(latencyMs, exchange.gone);
    if (exchange.gone.aborted) return;
    const answer = admission
      ? await profileAnswer(api, exchange, admission)
      : await tokenAnswer(exchange, api.vault);
    if (fault) await actFault(fault, exchange, answer, controlPort);
    else await answerWith(answer);
  } finally {
    leave?.();
  }
}

async function profileAnswer(
  api: SimulatedApi,
  exchange: Exchange,
  { table, row, walk }: Admission,
): Promise<Answer> {
  if (walk && table) return profileListAnswer(exchange, walk, table, api.ledger);
  if (walk) return indexListAnswer(exchange, walk, api.catalogue, api.ledger);
  return jsonAnswer((row === undefined ? table?.describe() : table?.json(row)) ?? '{}');
}

/** Ends early when the client is gone. */
async function pause(ms: number, gone: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal: gone }).catch(() => undefined);
}
