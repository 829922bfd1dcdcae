import { createHash } from 'node:crypto';
import { Expected } from '../../chaos/teams/expected.ts';
import { memberOf, piecesOf } from '../../chaos/teams/json-pieces.ts';
import { csvFault, type Fault, profileFault } from '../../chaos/teams/judge.ts';
import { type Index, POLICIES } from '../../chaos/teams/policies.ts';
import { attributesOf, type Filters, isAskable, type Truth } from '../../chaos/teams/truth.ts';
import type { Reply } from '../../support/http-get.ts';

export type Question =
  | {
      readonly kind: 'list';
      readonly team: string;
      readonly index: Index;
      readonly filters: Filters;
      readonly limit: number;
      readonly withTotal?: boolean;
      readonly cursor?: string;
    }
  | { readonly kind: 'profile'; readonly team: string; readonly index: Index; readonly id: string }
  | {
      readonly kind: 'export';
      readonly team: string;
      readonly index: Index;
      readonly filters: Filters;
      readonly limit: number;
      readonly format: 'csv' | 'ndjson';
    };

/** One page of a walk, as far as the walk needs it. */
export interface PageRead {
  readonly ids: readonly string[];
  readonly cursor: string | undefined;
}

/**
 * Holds answers against what the simulator said of each profile before it became hostile. Pages may be short and come
 * in any cut, so that each profile is compared by itself, and a walk as a whole.
 */
export class Checker {
  readonly #teams: ReadonlyMap<string, Expected>;
  readonly #profiles: Truth['profiles'];
  readonly #found = new Map<string, readonly string[]>();
  /** Validators by the question and team they were given for, with a digest of what they stood for. */
  readonly #tags = new Map<string, string>();

  constructor(profiles: Truth['profiles'], maskKey: Buffer) {
    this.#profiles = profiles;
    const truth = { pages: [], results: [], profiles };
    this.#teams = new Map(POLICIES.map((policy) => [policy.name, new Expected(policy, truth, maskKey)]));
  }

  /** Ids that a question finds, in order. */
  idsFor(index: Index, filters: Filters): readonly string[] {
    const name = JSON.stringify([index, filters]);
    let ids = this.#found.get(name);
    if (ids === undefined) {
      ids = [...this.#profiles[index]]
        .filter(([, text]) => {
          const person = attributesOf(text);
          return filters.every(([attribute, value]) => person[attribute] === value);
        })
        .map(([id]) => id);
      this.#found.set(name, ids);
    }
    return ids;
  }

  /** Values that can be asked for. */
  valuesOf(index: Index, attribute: string): readonly string[] {
    const values = [...this.#profiles[index].values()].map((text) => attributesOf(text)[attribute]);
    return [...new Set(values)].filter((value) => value !== undefined && isAskable(value)) as string[];
  }

  /** What is wrong with a complete 200 or 304; undefined: nothing. */
  check(question: Question, reply: Reply): Fault | undefined {
    const team = this.#teams.get(question.team);
    if (team === undefined) throw new Error(`no team ${question.team}`);
    const tag = reply.headers.etag ?? '';
    const tagName = `${JSON.stringify(question)} ${tag}`;
    if (reply.status === 304)
      return this.#tags.has(tagName) ? undefined : '304 for what the team does not have';
    const text = reply.body.toString('utf8');
    if (tag !== '') {
      const digest = createHash('sha256').update(text).digest('base64');
      if ((this.#tags.get(tagName) ?? digest) !== digest) return 'a validator that stands for other bytes';
      this.#tags.set(tagName, digest);
    }
    if (question.kind === 'export') return this.#checkExport(question, text, team);
    const { index } = question;
    if (question.kind === 'profile') return profileFault(text, { index, ids: [question.id] }, team);
    return this.#checkList(question, text, team);
  }

  read(reply: Reply): PageRead {
    const { data, next_token } = JSON.parse(reply.body.toString('utf8'));
    return { ids: data.map(({ id }: { id: string }) => id), cursor: next_token };
  }

  #checkList(question: Question & { kind: 'list' }, text: string, team: Expected): Fault | undefined {
    const { index, filters, limit, withTotal } = question;
    const ids = this.idsFor(index, filters);
    const profiles = piecesOf(memberOf(text, 'data')?.value ?? 'null');
    for (const profile of profiles) {
      const fault = profileFault(profile, { index, ids }, team);
      if (fault !== undefined) return fault;
    }
    const places = profiles.map((profile) => ids.indexOf(JSON.parse(memberOf(profile, 'id')?.value ?? '""')));
    const isInOrder = places.every((place, at) => at === 0 || place === (places[at - 1] ?? 0) + 1);
    const isFirst = question.cursor !== undefined || places.length === 0 || places[0] === 0;
    if (!isInOrder || !isFirst || profiles.length > limit) return 'something missing';
    const isLast = memberOf(text, 'next_token') === undefined;
    const last = places.at(-1) ?? (question.cursor === undefined ? -1 : ids.length - 1);
    if (isLast && last !== ids.length - 1) return 'something missing';
    const total = memberOf(text, 'total')?.value;
    return total === (withTotal ? String(ids.length) : undefined) ? undefined : 'other bytes';
  }

  #checkExport(question: Question & { kind: 'export' }, text: string, team: Expected): Fault | undefined {
    const { index, filters, format } = question;
    const ids = this.idsFor(index, filters);
    if (format === 'csv') return csvFault(text, { index, filters, ids }, team);
    const whole = team.ndjson({ index, filters, ids });
    if (text === whole) return undefined;
    const failed = /^(.*\n)?\{"error":/s.exec(text);
    if (failed !== null && whole.startsWith(failed[1] ?? '')) return undefined;
    for (const line of text.split('\n').slice(0, -1)) {
      const fault = profileFault(line, { index, ids }, team);
      if (fault !== undefined) return fault;
    }
    return 'something missing';
  }
}
