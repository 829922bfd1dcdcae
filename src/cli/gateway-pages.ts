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
const LONGEST_PAUSE_MS = 60_000;

/** Answers after which it is worth coming back. */
const PASSING = new Set([429, 502, 503, 504]);

/** @param key of the gateway, which goes nowhere but into the header */
export async function gatewayPage(url: URL, key: string): Promise<GatewayPage> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask(url, key);
    if (answer?.status === 200) return pageOf(answer.body);
    const passes = answer === undefined || PASSING.has(answer.status);
    if (!passes || Date.now() > until) throw problemOf(answer);
    await sleep(pauseMs(answer));
  }
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly retryAfter: string | null;
}

/** Undefined where the gateway cannot be reached, or goes away in the middle of its answer. */
async function ask(url: URL, key: string): Promise<Answer | undefined> {
  try {
    const headers = { 'x-api-key': key, accept: 'application/json' };
    const answer = await fetch(url, { headers, redirect: 'manual' });
    const body = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, body, retryAfter: answer.headers.get('retry-after') };
  } catch {
    return undefined;
  }
}

/** The gateway says it in seconds; what stands in front of it may say it otherwise, or nonsense. */
function pauseMs(answer: Answer | undefined): number {
  const seconds = Number(answer?.retryAfter ?? 0);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(answer?.retryAfter ?? '') - Date.now();
  return Math.min(Math.max(LEAST_PAUSE_MS, Number.isNaN(ms) ? LEAST_PAUSE_MS : ms), LONGEST_PAUSE_MS);
}

function pageOf(body: Buffer): GatewayPage {
  const { data, next_token: nextToken, total } = objectIn(body);
  if (!Array.isArray(data)) throw new GatewayRefusal('not_a_page', 'The answer is not a page of profiles.');
  return {
    body,
    count: data.length,
    ...(typeof nextToken === 'string' && nextToken !== '' && { nextToken }),
    ...(typeof total === 'number' && { total }),
  };
}

function problemOf(answer: Answer | undefined): GatewayRefusal {
  if (answer === undefined) return new GatewayRefusal('unreachable', 'The gateway does not answer.');
  const { code, message } = objectIn(answer.body);
  const said = typeof message === 'string' ? message : `It answers ${answer.status}.`;
  return new GatewayRefusal(typeof code === 'string' ? code : String(answer.status), said);
}

/** Without members where it is none. */
function objectIn(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
