import type { z } from 'zod';
import { type Complaint, complaintsOf, unfolded } from './complaint.ts';
import { type SettingPath, settingTree, valueAt } from './setting-tree.ts';

export interface CheckedSettings<T> {
  /**
   * What was written with every wrong part left out, so that rules between settings can be checked in the same
   * run. Absent when nothing readable is left.
   */
  readonly settings: T | undefined;
  /** Every wrong value, unknown key and missing part, not only the first. */
  readonly complaints: readonly Complaint[];
  /** Nothing at, above or below this path was refused. */
  readonly isSound: (path: SettingPath) => boolean;
}

export function checkSettings<T>(schema: z.ZodType<T>, raw: unknown): CheckedSettings<T> {
  const first = schema.safeParse(raw);
  if (first.success) return { settings: first.data, complaints: [], isSound: () => true };
  const tree = settingTree(schema);
  const complaints = first.error.issues
    .flatMap((issue) => unfolded(issue, tree, raw))
    .flatMap((issue) => complaintsOf(issue, tree, raw));
  const isSound = (path: SettingPath): boolean => !complaints.some((other) => overlap(path, other.path));

  let rest = raw;
  let issues = first.error.issues;
  // Something that is there is left out each time, of a part that is missing its parent: it ends at the root at the latest.
  for (;;) {
    const refused = issues
      .flatMap((issue) => unfolded(issue, tree, rest))
      .flatMap((issue) => refusedPaths(issue, rest));
    if (refused.some((path) => path.length === 0)) return { settings: undefined, complaints, isSound };
    rest = without(rest, new Set(refused.map((path) => JSON.stringify(path))));
    const next = schema.safeParse(rest);
    if (next.success) return { settings: next.data, complaints, isSound };
    issues = next.error.issues;
  }
}

const overlap = (a: SettingPath, b: SettingPath): boolean =>
  a.every((step, index) => index >= b.length || b[index] === step);

function refusedPaths(issue: z.core.$ZodIssue, raw: unknown): SettingPath[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key]);
  let { path } = issue;
  while (path.length > 0 && valueAt(raw, path) === undefined) path = path.slice(0, -1);
  return [path];
}

function without(value: unknown, refused: ReadonlySet<string>, at: SettingPath = []): unknown {
  const keep = (step: PropertyKey) => !refused.has(JSON.stringify([...at, step]));
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => (keep(index) ? [without(item, refused, [...at, index])] : []));
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => keep(key));
  return Object.fromEntries(kept.map(([key, member]) => [key, without(member, refused, [...at, key])]));
}
