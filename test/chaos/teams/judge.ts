import type { Answered } from './connection.ts';
import { recordsOf } from './csv-text.ts';
import type { Expected } from './expected.ts';
import { memberOf, membersOf, piecesOf } from './json-pieces.ts';
import { INDEXES } from './policies.ts';
import type { Page, Result } from './truth.ts';

export type Ask =
  | {
      readonly kind: 'page';
      readonly team: Expected;
      readonly page: Page;
      readonly withTotal: boolean;
      /** Validators sent along. */
      readonly tags: readonly string[];
      /** Asked for its head alone. */
      readonly isHead: boolean;
    }
  | {
      readonly kind: 'export';
      readonly team: Expected;
      readonly result: Result;
      readonly format: 'csv' | 'ndjson';
    }
  | { readonly kind: 'refusal'; readonly team: Expected; readonly status: 401 | 403 | 404 };

/** Ways in which an answer can be wrong; the first two are what may never happen. */
export type Fault =
  | 'an attribute the team is not shown'
  | 'another profile, or one with values of another'
  | 'something missing'
  | 'other bytes'
  | 'a validator that stands for other bytes'
  | '304 for what the team does not have'
  | 'no refusal, or another than is due';

export interface Wrong {
  readonly fault: Fault;
  /** For whoever reads it; the people are invented. */
  readonly example: string;
}

/** What a validator was seen with. */
interface Tagged {
  readonly team: Expected;
  readonly page: Page;
  readonly withTotal: boolean;
  readonly head: string;
}

/** What may be said instead to whoever could have been answered, or has tried too many credentials. */
const FOR_THE_MOMENT: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const HEAD = /^\{(?:"total":(\d+),)?(?:"next_token":"([^"]*)",)?/;
const LONGEST_HEAD = 600;

/** Holds every answer against the truth. */
export class Judge {
  readonly #tags = new Map<string, Tagged>();
  /** Last validator of a page by the team's name and the number of the page. */
  readonly #latest = new Map<string, string>();

  /** The validator that a team was given last for a page. */
  latest(team: Expected, page: Page): string | undefined {
    return this.#latest.get(nameOf(team, page));
  }

  /** undefined: it is right, or says that there is none. */
  check(ask: Ask, answered: Answered): Wrong | undefined {
    const { status } = answered;
    if (ask.kind === 'refusal') {
      const isDue = status === ask.status || (ask.status !== 403 && FOR_THE_MOMENT.has(status));
      return isDue ? undefined : this.#wrong('no refusal, or another than is due', ask, answered);
    }
    if (status === 304) return this.#checkNotModified(ask, answered);
    if (status !== 200) return undefined;
    if (ask.kind === 'export') return this.#checkExport(ask, answered);
    return ask.isHead ? undefined : (this.#checkPage(ask, answered) ?? this.#checkTag(ask, answered));
  }

  #checkPage(ask: Ask & { kind: 'page' }, answered: Answered): Wrong | undefined {
    const { page, team, withTotal } = ask;
    const { body } = answered;
    const [head, total, cursor] = headOf(body);
    const rest = team.rest(page);
    const isWhole = body.length - head.length === rest.length && rest.equals(body.subarray(head.length));
    const isLed = cursor === undefined ? page.next.length === 0 : page.next.includes(cursor);
    const isCounted = total === (withTotal && !page.isProfile ? String(page.total) : undefined);
    if (isWhole && isLed && isCounted) return undefined;
    return this.#wrong(isWhole ? 'other bytes' : faultOf(body.toString('utf8'), page, team), ask, answered);
  }

  #checkTag(ask: Ask & { kind: 'page' }, answered: Answered): Wrong | undefined {
    const { page, team, withTotal } = ask;
    const tag = answered.headers.get('etag') ?? '';
    const [head] = headOf(answered.body);
    this.#latest.set(nameOf(team, page), tag);
    const known = this.#tags.get(tag);
    if (known === undefined) {
      this.#tags.set(tag, { team, page, withTotal, head });
      return undefined;
    }
    const isSame =
      known.head === head &&
      ((known.team === team && known.page === page) || known.team.rest(known.page).equals(team.rest(page)));
    return isSame ? undefined : this.#wrong('a validator that stands for other bytes', ask, answered);
  }

  #checkNotModified(ask: Ask, answered: Answered): Wrong | undefined {
    const tag = answered.headers.get('etag') ?? '';
    const known = this.#tags.get(tag);
    const isOwn =
      ask.kind === 'page' &&
      ask.tags.includes(tag) &&
      known?.team === ask.team &&
      known.withTotal === ask.withTotal &&
      known.team.rest(known.page).equals(ask.team.rest(ask.page));
    return isOwn ? undefined : this.#wrong('304 for what the team does not have', ask, answered);
  }

  #checkExport(ask: Ask & { kind: 'export' }, answered: Answered): Wrong | undefined {
    const { format, result, team } = ask;
    const text = answered.body.toString('utf8');
    if (format === 'ndjson') {
      // A failure on the way is said in the last line.
      const failed = /^(.*\n)?\{"error":/s.exec(text);
      const expected = team.ndjson(result);
      if (failed === null ? text === expected : expected.startsWith(failed[1] ?? '')) return undefined;
      const lines = text.split('\n').slice(0, -1);
      const fault = lines
        .map((line) => profileFault(line, result, team))
        .find((found) => found !== undefined);
      return this.#wrong(fault ?? 'other bytes', ask, answered);
    }
    const fault = csvFault(text, result, team);
    return fault === undefined ? undefined : this.#wrong(fault, ask, answered);
  }

  #wrong(fault: Fault, ask: Ask, { status, headers, body }: Answered): Wrong {
    const what =
      ask.kind === 'page'
        ? { ...ask.page, body: undefined }
        : ask.kind === 'export'
          ? ask.result.filters
          : '';
    return {
      fault,
      example: `${ask.team.policy.name} ${JSON.stringify(what)} ${status} ${headers.get('cache-status')} ${headers.get('etag')} ${body.toString('utf8').slice(0, 2000)}`,
    };
  }
}

const nameOf = (team: Expected, page: Page): string => `${team.policy.name} ${page.number}`;

function headOf(body: Buffer): [head: string, total: string | undefined, cursor: string | undefined] {
  const [head = '', total, cursor] = HEAD.exec(body.toString('latin1', 0, LONGEST_HEAD)) ?? [];
  return [head, total, cursor];
}

/** What is wrong with a page that is not what it should be, worst first. */
function faultOf(text: string, page: Page, team: Expected): Fault {
  try {
    JSON.parse(text);
  } catch {
    return 'other bytes';
  }
  const profiles = page.isProfile ? [text] : piecesOf(memberOf(text, 'data')?.value ?? '[]');
  const faults = new Set(profiles.map((profile) => profileFault(profile, page, team)));
  const order: Fault[] = [
    'an attribute the team is not shown',
    'another profile, or one with values of another',
    'something missing',
  ];
  if (profiles.length < page.ids.length) faults.add('something missing');
  return order.find((fault) => faults.has(fault)) ?? 'other bytes';
}

/** Whether this profile may be among those that were asked for, and is shown as it should be. */
export function profileFault(
  text: string,
  { index, ids }: Pick<Page, 'index' | 'ids'>,
  team: Expected,
): Fault | undefined {
  const found = membersOf(text);
  const id: unknown = JSON.parse(found.find(({ name }) => name === 'id')?.value ?? 'null');
  const should = INDEXES.map((each) => team.profile(each, String(id))).find(
    (profile) => profile !== undefined,
  );
  if (should === text && ids.includes(String(id)) && team.profile(index, String(id)) === text)
    return undefined;
  const expected = membersOf(should ?? '{}');
  const [shown, due] = [flat(found), flat(expected)];
  if ([...shown.keys()].some((name) => !due.has(name))) return 'an attribute the team is not shown';
  if (!ids.includes(String(id)) || [...shown].some(([name, value]) => due.get(name) !== value))
    return 'another profile, or one with values of another';
  return due.size > shown.size ? 'something missing' : 'other bytes';
}

const flat = (members: ReturnType<typeof membersOf>): Map<string, string> =>
  new Map(
    members.flatMap(({ name, value }) =>
      name === 'attributes'
        ? membersOf(value).map((member) => [`attributes.${member.name}`, member.value] as const)
        : [[name, value] as const],
    ),
  );

export function csvFault(text: string, result: Result, team: Expected): Fault | undefined {
  const [columns = [], ...records] = recordsOf(text);
  const due = [...team.rows(result)];
  const shown = new Set(due.flatMap((row) => [...row.keys()]));
  if (columns.some((name) => !shown.has(name))) return 'an attribute the team is not shown';
  if (records.length !== due.length || columns.length < shown.size) return 'something missing';
  const isRight = records.every((record, at) =>
    columns.every((name, place) => record[place] === (due[at]?.get(name) ?? '')),
  );
  return isRight ? undefined : 'another profile, or one with values of another';
}
