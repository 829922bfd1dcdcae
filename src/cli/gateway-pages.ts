import { setTimeout as sleep } from 'node:timers/promises';

/** A page of the mirror as it came. */
export interface GatewayPage {
  readonly body: Buffer;
  readonly count: number;
  readonly nextToken?: string;
  readonly total?: number;
}

/** What the gateway says when it does not answer with a page; fit to be shown. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
  /** Of the problem, or the status where there is none. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A page is asked for again for so long while the gateway says to come back later. */
const PATIENCE_MS = 300_000;
const LEAST_PAUSE_MS = 1000;

/** Answers after which it is worth coming back. */
const PASSING = new Set([429, 502, 503, 504]);

/** @param key of the gateway, which goes nowhere but into the header */
export async function gatewayPage(url: URL, key: string): Promise<GatewayPage> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask(url, key);
    if (answer?.status === 200) return pageOf(Buffer.from(await answer.arrayBuffer()));
    const problem = await problemOf(answer);
    const passes = answer === undefined || PASSING.has(answer.status);
    if (!passes || Date.now() > until) throw problem;
    const pauseS = Number(answer?.headers.get('retry-after') ?? 0);
    await sleep(Math.max(LEAST_PAUSE_MS, pauseS * 1000));
  }
}

/** Undefined where the gateway cannot be reached. */
async function ask(url: URL, key: string): Promise<Response | undefined> {
  try {
    return await fetch(url, {
      headers: { 'x-api-key': key, accept: 'application/json' },
      redirect: 'manual',
    });
  } catch {
    return undefined;
  }
}

function pageOf(body: Buffer): GatewayPage {
  const { data, next_token: nextToken, total } = JSON.parse(body.toString('utf8'));
  if (!Array.isArray(data)) throw new GatewayRefusal('not_a_page', 'The answer is not a page of profiles.');
  return {
    body,
    count: data.length,
    ...(typeof nextToken === 'string' && nextToken !== '' && { nextToken }),
    ...(typeof total === 'number' && { total }),
  };
}

async function problemOf(answer: Response | undefined): Promise<GatewayRefusal> {
  if (answer === undefined) return new GatewayRefusal('unreachable', 'The gateway does not answer.');
  try {
    const { code, message } = (await answer.json()) as { code?: string; message?: string };
    return new GatewayRefusal(code ?? String(answer.status), message ?? `It answers ${answer.status}.`);
  } catch {
    return new GatewayRefusal(String(answer.status), `It answers ${answer.status}.`);
  }
}
