import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import {
  formsOf,
  leavesOf,
  nodeAt,
  rangeOf,
  type SettingNode,
  type SettingPath,
  valueAt,
} from './setting-tree.ts';
import { pathText, shownValue } from './shown-text.ts';

export interface Complaint {
  readonly path: SettingPath;
  /** "<what is wrong>; <what to do>" */
  readonly text: string;
}

/** "<path>: <what is wrong>; <what to do>"; what is wrong with a file as a whole has no path. */
export const complaintLine = ({ path, text }: Complaint): string =>
  path.length === 0 ? text : `${pathText(path)}: ${text}`;

/** What zod found wrong, in words a person can act on. Zod's own messages are never shown: they can hold values. */
export function complaintsOf(issue: z.core.$ZodIssue, tree: SettingNode, raw: unknown): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      text: unknownKeyText(key, issue.path, tree),
    }));
  }
  if (issue.code === 'invalid_key') return [{ path: issue.path, text: wrongNameText(issue.path, tree) }];
  const node = nodeAt(tree, issue.path) ?? {};
  return [{ path: issue.path, text: node.refusal ?? wrongValueText(node, valueAt(raw, issue.path)) }];
}

/**
 * Of a map or list that has none of the forms it may have: what is wrong inside the form that it was meant to have, so
 * that one misspelt name does not refuse all that stands around it.
 */
export function unfolded(issue: z.core.$ZodIssue, tree: SettingNode, raw: unknown): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const value = valueAt(raw, issue.path);
  const forms = nodeAt(tree, issue.path)?.anyOf ?? [];
  const meant = forms.findIndex((form) =>
    Array.isArray(value) ? form.items : isMap(value) && isMapForm(form),
  );
  const inside = issue.errors[meant] ?? [];
  const isInside = inside.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys');
  if (inside.length === 0 || !isInside) return [issue];
  return inside.flatMap((each) => unfolded({ ...each, path: [...issue.path, ...each.path] }, tree, raw));
}

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isMapForm = ({ additionalProperties, properties }: SettingNode): boolean =>
  properties !== undefined || Boolean(additionalProperties);

function wrongNameText(path: SettingPath, tree: SettingNode): string {
  const names = formsOf(nodeAt(tree, path.slice(0, -1))).find(({ propertyNames }) => propertyNames);
  return `is not allowed as a name; write ${rangeOf(names?.propertyNames ?? {})}`;
}

function wrongValueText(node: SettingNode, value: unknown): string {
  const remedy = `write ${rangeOf(node)}`;
  if (value === undefined) return `is missing; ${remedy}`;
  if (value === null) return `is empty; ${remedy} or remove the line`;
  if (node.secret) return `the value is not allowed (it is not shown here); ${remedy}`;
  if (node.later?.includes(String(value)))
    return `${String(value)} is not available in this version; ${remedy}`;
  return `${shownValue(value)} is not allowed; ${remedy}`;
}

function unknownKeyText(key: string, path: SettingPath, tree: SettingNode): string {
  const node = nodeAt(tree, path);
  if (node?.later?.includes(key)) return 'is not available in this version; remove it';
  const siblings = Object.keys(node?.properties ?? {});
  const meant = nearestName(key, siblings) ?? elsewhere(key, path, tree);
  if (meant !== undefined) return `is not a setting; did you mean ${meant}?`;
  return `is not a setting; remove it or use one of ${siblings.join(', ')}`;
}

/** A key written one level too high or too low is the right name in the wrong place; the nearest place is meant. */
function elsewhere(key: string, at: SettingPath, tree: SettingNode): string | undefined {
  const distance = (path: readonly string[]): number => {
    const parting = path.findIndex(
      (step, depth) => depth >= at.length || (step !== '*' && step !== at[depth]),
    );
    return path.length + at.length - 2 * (parting < 0 ? path.length : parting);
  };
  const [nearest] = leavesOf(tree)
    .map(([path]) => path)
    .filter((path) => path.at(-1) === key)
    .sort((one, other) => distance(one) - distance(other));
  return nearest && pathText(nearest.map((step) => (step === '*' ? '<name>' : step)));
}
