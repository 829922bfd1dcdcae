import { z } from 'zod';
import type { SettingNotes } from './setting-leaf.ts';

/** A schema as plain data: its JSON Schema with our notes in it, which is easier to walk than zod's own objects. */
export interface SettingNode extends Partial<SettingNotes> {
  readonly type?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, SettingNode>>;
  readonly additionalProperties?: SettingNode | false;
  readonly items?: SettingNode;
}

export type SettingPath = readonly PropertyKey[];

export const settingTree = (schema: z.ZodType): SettingNode =>
  z.toJSONSchema(schema, { io: 'input' }) as SettingNode;

export function nodeAt(tree: SettingNode, path: SettingPath): SettingNode | undefined {
  let node: SettingNode | undefined = tree;
  for (const step of path) {
    if (typeof step === 'number') node = node?.items;
    else node = node?.properties?.[String(step)] ?? (node?.additionalProperties || undefined);
  }
  return node;
}

export function valueAt(root: unknown, path: SettingPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** Every setting below `tree` that holds a value of its own, with its path; what stands under `*` is per name. */
export function leavesOf(
  tree: SettingNode,
  path: readonly string[] = [],
): [path: readonly string[], node: SettingNode][] {
  if (tree.properties !== undefined) {
    return Object.entries(tree.properties).flatMap(([name, node]) => leavesOf(node, [...path, name]));
  }
  if (tree.type === 'object' && tree.additionalProperties)
    return leavesOf(tree.additionalProperties, [...path, '*']);
  if (tree.items?.properties !== undefined) return [[path, tree], ...leavesOf(tree.items, [...path, '*'])];
  return [[path, tree]];
}

/** What may be written here, in words. */
export function rangeOf(node: SettingNode): string {
  if (node.expected !== undefined) return node.expected;
  if (node.enum !== undefined) return node.enum.join(' | ');
  if (node.const !== undefined) return String(node.const);
  if (node.type === 'boolean') return 'true | false';
  if (node.type === 'integer') return `an integer from ${node.minimum} to ${node.maximum}`;
  if (node.type === 'number') return `a number above ${node.exclusiveMinimum}, at most ${node.maximum}`;
  if (node.properties !== undefined) return 'a block of settings';
  return node.type === 'string' ? 'text' : `a ${node.type}`;
}
