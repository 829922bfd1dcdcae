import type { JournalEntry } from '../../../simulator/client.ts';
import type { Asked, Attempt } from './attempt.ts';
import { isAttribute } from './attribute-name.ts';
import { canariesIn } from './canary.ts';
import type { Exchange, RawAnswer } from './connection.ts';
import { Findings } from './findings.ts';
import { nameOf, type Question, readArrived, readBody, readTarget, without, withPair } from './reading.ts';
import { Tally } from './tally.ts';

/** Those of docs/problems.md. */
const CODES = new Set([
  'invalid_parameter',
  'upstream_rejected',
  'unauthenticated',
  'forbidden_index',
  'forbidden_attribute',
  'forbidden_limit',
  'forbidden_total',
  'forbidden_origin',
  'forbidden_scope',
  'export_limit',
  'not_found',
  'method_not_allowed',
  'cursor_expired',
  'team_budget',
  'shared_budget',
  'upstream_budget',
  'profile_quota',
  'address_rate',
  'unknown_subject',
  'auth_throttled',
  'internal',
  'upstream_error',
  'upstream_auth',
  'unavailable',
  'deadline_exceeded',
  'not_cached',
]);

/** What the gateway sends to Amperity; nothing of a caller's headers is among it. */
const SENT_UP = new Set([
  'accept',
  'accept-encoding',
  'amperity-tenant',
  'api-version',
  'authorization',
  'connection',
  'host',
  'user-agent',
]);

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;
const NEEDS_KEY = /^\/(?:api|exports|usage)\b/;

export interface JudgeParts {
  /** Values that may come out nowhere. */
  readonly secrets: readonly string[];
  /** Page size that the gateway fills in for a team where the question has none. */
  readonly limitOf: (team: string | undefined) => number | undefined;
  /** The same for an export. */
  readonly exportLimit: number;
}

/** Holds each answer, each call that reached Amperity and each log line against what was sent. */
export class Judge {
  readonly findings = new Findings();
  readonly tally = new Tally();
  readonly #parts: JudgeParts;
  /** Questions that were not refused by the gateway itself. */
  readonly #meant = new Set<string>();
  /** The same of exports, without cursors. */
  readonly #walked = new Set<string>();

  constructor(parts: JudgeParts) {
    this.#parts = parts;
  }

  exchange(attempt: Attempt, { answers, rest, isTimedOut }: Exchange): void {
    this.tally.requests += 1;
    if (attempt.team !== undefined) this.tally.withKey += 1;
    if (answers.length === 0) this.tally.count(attempt.kind, 'none');
    if (attempt.isFramed && answers.length === 0) {
      this.findings.add(isTimedOut ? 'no answer in time' : 'no answer', rest, attempt);
    }
    const last = answers.at(-1);
    // What is no HTTP is refused before it is known that it would have been HEAD.
    const isBodyOfHead = attempt.asked.at(-1)?.method === 'HEAD' && last?.headers.connection === 'close';
    const isSurplus = answers.length === attempt.asked.length && rest !== '' && !last?.isCut;
    if (isSurplus && !isBodyOfHead) this.findings.add('more answers than requests', rest, attempt);
    for (const [place, asked] of attempt.asked.entries()) {
      const answer = answers[place];
      if (answer === undefined) this.mean(asked, attempt.team);
      else this.#answer(attempt, asked, answer);
    }
  }

  #answer(attempt: Attempt, asked: Asked, answer: RawAnswer): void {
    const { status, tookMs } = answer;
    this.tally.count(attempt.kind, status, tookMs);
    const seen = `${answer.head}\r\n\r\n${answer.body}`;
    const add = (what: string): void => this.findings.add(what, seen, attempt);
    if (status < 200 || status >= 600) add('an answer that is no final one');
    const code = status >= 400 ? this.#problem(attempt, asked, answer) : undefined;
    if (code !== undefined) this.tally.countCode(code);
    if (status >= 500 && !isExplained(attempt, code)) add(`${status} ${code ?? ''}`);

    const isQuestion = asked.method === 'GET' || asked.method === 'HEAD';
    const reading = readTarget(asked.target);
    const needsKey = NEEDS_KEY.test(asked.target) || !asked.target.startsWith('/');
    const isExport = reading.is !== 'other' && reading.isExport;
    // Of an export nothing tells whose 404 it is.
    const isAccepted = status < 400 || (isExport && status === 404) || isOfAmperity(answer, code);
    // An answer to HEAD has no code, so that its 400 may be Amperity's.
    if (isAccepted || (asked.method === 'HEAD' && status === 400)) this.mean(asked, attempt.team);
    if (isAccepted && needsKey) {
      if (attempt.verdict === 'refuse') add('answered what must be refused');
      if (isQuestion && reading.is !== 'question' && asked.target !== '/usage')
        add('answered what is no question');
    }
    const isOurRefusal =
      status >= 400 && status < 500 && code !== 'upstream_rejected' && code !== 'cursor_expired';
    const isUntold = asked.method === 'HEAD' && status === 400;
    const mayBeRefused = status === 403 || status === 429 || isUntold || isOfAmperity(answer, code);
    const isPlain = attempt.verdict === 'fine' && attempt.team !== undefined && isQuestion;
    if (isPlain && reading.is === 'question' && !reading.isExport && isOurRefusal && !mayBeRefused) {
      add('refused a question that is as it should be');
    }
    this.#leaks(attempt, answer, seen);
  }

  /** Checks the body of an error; returns its code. */
  #problem(attempt: Attempt, asked: Asked, { status, headers, body, isCut }: RawAnswer): string | undefined {
    const add = (what: string): void =>
      this.findings.add(what, `${JSON.stringify(headers)} ${body}`, attempt);
    const type = headers['content-type'] ?? '';
    if (
      type !== 'application/problem+json' &&
      !(type === 'application/json' && /^accept:/im.test(attempt.bytes.toString('latin1')))
    ) {
      add('an error of another media type');
    }
    if (headers['cache-control'] !== 'no-store') add('an error that may be stored');
    if (!REQUEST_ID.test(headers['x-request-id'] ?? '')) add('an error without a request id');
    if (asked.method === 'HEAD' || isCut) return undefined;
    const problem = parse(body);
    const { code } = problem;
    if (typeof code !== 'string' || !CODES.has(code)) add('an error of no known code');
    if (problem.request_id !== headers['x-request-id']) add('an error with two request ids');
    if (problem.status !== status) add('an error with two statuses');
    if (typeof problem.title !== 'string' || typeof problem.detail !== 'string')
      add('an error that says nothing');
    if ('stack' in problem || /\bat .*\.[jt]s:\d+/.test(body)) add('an error with a stack');
    return typeof code === 'string' ? code : undefined;
  }

  #leaks(attempt: Attempt, { status, headers }: RawAnswer, seen: string): void {
    for (const name of ['x-injected', 'set-cookie', 'x-powered-by', 'server']) {
      if (headers[name] !== undefined) this.findings.add(`an answer with ${name}`, seen, attempt);
    }
    // The link to the first page is the caller's own question once more.
    const searched = status === 410 ? seen.replace(/^link: .*$/im, '') : seen;
    const names = status >= 400 ? shownNames(attempt) : [];
    const leaked = canariesIn(searched).filter((canary) => !names.some((name) => name.includes(canary)));
    if (leaked.length > 0) this.findings.add('an answer that repeats the input', seen, attempt);
    if (this.#parts.secrets.some((secret) => seen.includes(secret))) {
      this.findings.add('an answer with a credential', seen, attempt);
    }
  }

  /** Remembers what Amperity may be asked for. */
  mean(asked: Asked, team: string | undefined): void {
    const reading = readTarget(asked.target);
    const byBody = asked.body === undefined ? undefined : readBody(asked.target, asked.body);
    const isExport = asked.target.startsWith('/exports/');
    for (const question of [reading.is === 'question' ? reading.question : undefined, byBody]) {
      if (question === undefined) continue;
      for (const variant of this.#variants(question, team, isExport)) {
        if (isExport) this.#walked.add(nameOf(without(variant, 'next_token')));
        else this.#meant.add(nameOf(variant));
      }
    }
  }

  /** A total that is known need not be asked for; a limit may have been filled in. */
  #variants(question: Question, team: string | undefined, isExport: boolean): Question[] {
    const limit = isExport ? this.#parts.exportLimit : this.#parts.limitOf(team);
    const hasLimit = question.pairs.some(([name]) => name === 'limit');
    const sized =
      hasLimit || limit === undefined ? [question] : [question, withPair(question, 'limit', String(limit))];
    return sized.flatMap((each) => [each, without(each, 'with_total')]);
  }

  /** To be called when all answers are in. */
  journal(entries: readonly JournalEntry[]): void {
    for (const { target, route, header_names, tenant, user_agent } of entries) {
      const question = readArrived(target);
      const seen = `${route} ${target}`;
      if (typeof question === 'string') this.findings.add(`Amperity was asked for ${question}`, seen);
      else if (!this.#isMeant(question)) this.findings.add('Amperity was asked for what nobody meant', seen);
      if (!route.startsWith('GET ')) this.findings.add('Amperity was asked by another method', seen);
      if (/smuggled/i.test(target)) this.findings.add('a smuggled request arrived', seen);
      const foreign = header_names.filter((name) => !SENT_UP.has(name));
      if (foreign.length > 0) this.findings.add('a header was passed on', `${seen} ${foreign.join()}`);
      if (tenant !== 'acme' || !user_agent?.startsWith('amperity-gateway/')) {
        this.findings.add('a header was replaced', `${seen} ${tenant} ${user_agent}`);
      }
    }
  }

  #isMeant(question: Question): boolean {
    return this.#meant.has(nameOf(question)) || this.#walked.has(nameOf(without(question, 'next_token')));
  }

  log(lines: readonly string[]): void {
    for (const line of lines) {
      if (canariesIn(line).length > 0) this.findings.add('a log line that repeats the input', line);
      if (this.#parts.secrets.some((secret) => line.includes(secret))) {
        this.findings.add('a log line with a credential', line);
      }
      if (/"level":"(?:error|fatal)"/.test(line) || !line.startsWith('{'))
        this.findings.add('a complaint in the log', line);
    }
  }
}

/** Whether the answer is Amperity's rather than a refusal of the gateway's. */
function isOfAmperity({ status, headers }: RawAnswer, code: string | undefined): boolean {
  if (code === 'upstream_rejected' || status === 410 || status >= 500) return true;
  return status === 404 && headers['cache-status'] !== undefined;
}

/** A caller may be in a hurry, or want only what is there. */
function isExplained({ bytes }: Attempt, code: string | undefined): boolean {
  const text = bytes.toString('latin1');
  const isHurried = /^prefer:.*wait/im.test(text);
  const wantsStored = /only-if-cached/i.test(text);
  // An answer to HEAD has no code.
  if (code === undefined) return isHurried || wantsStored;
  return (code === 'deadline_exceeded' && isHurried) || (code === 'not_cached' && wantsStored);
}

/** Names of parameters and members that an error may show: those that fit the grammar of attributes. */
function shownNames({ asked }: Attempt): string[] {
  return asked.flatMap(({ target, body = '' }) => {
    const parameters = target.slice(target.indexOf('?') + 1).split('&');
    const names = parameters
      // Without = only what has the form of a filter: anything else may be the rest of a value.
      .filter((each) => each.includes('=') || decoded(each).startsWith('filter['))
      .map((each) => decoded(each.split('=', 1)[0] ?? ''));
    const members = [...body.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, name = '']) => name);
    return [...names, ...members].filter((name) => isAttribute(/^filter\[(.*)\]$/.exec(name)?.[1] ?? name));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
