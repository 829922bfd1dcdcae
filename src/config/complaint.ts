import type { z } from 'zod';
import { nearestName } from './nearest-name.ts';
import { leavesOf, nodeAt, rangeOf, type SettingNode, type SettingPath, valueAt } from './setting-tree.ts';
import { pathText, shownValue } from './shown-text.ts';

export interface Complaint {
  readonly path: SettingPath;
  /** "<what is wrong>; <what to do>" */
  readonly text: string;
}

/** What zod found wrong, in words a person can act on. Zod's own messages are never shown: they can hold values. */
export function complaintsOf(issue: z.core.$ZodIssue, tree: SettingNode, raw: unknown): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      text: unknownKeyText(key, issue.path, tree),
    }));
  }
  const node = nodeAt(tree, issue.path) ?? {};
  return [{ path: issue.path, text: node.refusal ?? wrongValueText(node, valueAt(raw, issue.path)) }];
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
  const meant = nearestName(key, siblings) ?? elsewhere(key, tree);
  if (meant !== undefined) return `is not a setting; did you mean ${meant}?`;
  return `is not a setting; remove it or use one of ${siblings.join(', ')}`;
}

/** A key written one level too high or too low is the right name in the wrong place. */
function elsewhere(key: string, tree: SettingNode): string | undefined {
  const found = leavesOf(tree).find(([path]) => path.at(-1) === key);
  return found && pathText(found[0].map((step) => (step === '*' ? '<name>' : step)));
}
