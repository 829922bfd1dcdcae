import { KnobProblem } from '../knobs/knob-problem.ts';
import { isRecord } from '../knobs/structured-values.ts';
import { faultParameters } from './fault-parameters.ts';

export interface FaultMatch {
  /** `indexes`, `index`, `profiles`, `profile`, `token` or `other`. */
  readonly route?: string;
  readonly tenant?: string;
  readonly index?: string;
  /** Number of filters in the query. */
  readonly filters?: number;
  /** Only the nth request (from 1) that meets the other conditions of this rule. */
  readonly nth?: number;
}

export type FaultDo = keyof typeof faultParameters;

/** One fault rule as sent; parameters are checked per `do`. */
export interface FaultRule {
  readonly match?: FaultMatch;
  /** Probability per matching request; 1 when absent. */
  readonly p?: number;
  /** The rule fires at most this often; no bound when absent. */
  readonly times?: number;
  readonly at?: 'answer' | 'arrival';
  readonly do: FaultDo;
  readonly status?: number;
  readonly body?: string;
  readonly retry_after?: number | string;
  readonly data?: string;
  readonly stage?: string;
  readonly ms?: number;
  readonly bytes?: number;
  readonly every_ms?: number;
  readonly after_bytes?: number;
  readonly location?: string;
  readonly encoding?: string;
  readonly layers?: number;
}

export const faultRoutes = ['indexes', 'index', 'profiles', 'profile', 'token', 'other'] as const;

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string';
const count =
  (min: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min;

const matchMembers: Readonly<Record<string, Check>> = {
  route: (value) => faultRoutes.some((route) => route === value),
  tenant: text,
  index: text,
  filters: count(0),
  nth: count(1),
};

const ruleMembers: Readonly<Record<string, Check>> = {
  match: isRecord,
  p: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  times: count(1),
  at: (value) => value === 'answer' || value === 'arrival',
  do: (value) => typeof value === 'string' && Object.hasOwn(faultParameters, value),
};

/** Throws {@link KnobProblem} with the place and the name of the first member that is wrong. */
export function acceptFaultRules(value: unknown): readonly FaultRule[] {
  if (!Array.isArray(value)) throw new KnobProblem('must be a list of fault rules');
  return value.map((rule, position) => acceptRule(rule, `[${position}]`));
}

function acceptRule(value: unknown, place: string): FaultRule {
  if (!isRecord(value)) throw new KnobProblem(`${place} must be an object`);
  if (!ruleMembers.do?.(value.do)) {
    throw new KnobProblem(`${place}.do must be one of ${Object.keys(faultParameters).join(', ')}`);
  }
  const kind = value.do as FaultDo;
  refuseUnknown(value, { ...ruleMembers, ...faultParameters[kind] }, place);
  if (value.match !== undefined) refuseUnknown(value.match as object, matchMembers, `${place}.match`);
  if (kind === 'status' && value.status === undefined) {
    throw new KnobProblem(`${place}.status must be given, from 200 to 599`);
  }
  return { ...value, do: kind };
}

function refuseUnknown(value: object, members: Readonly<Record<string, Check>>, place: string): void {
  for (const [name, content] of Object.entries(value)) {
    const check = Object.hasOwn(members, name) ? members[name] : undefined;
    if (!check) {
      throw new KnobProblem(
        `${place}.${name} is not known here; known are ${Object.keys(members).join(', ')}`,
      );
    }
    if (!check(content)) throw new KnobProblem(`${place}.${name} has a value that is not allowed`);
  }
}
