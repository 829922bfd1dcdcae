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
  readonly propertyNames?: SettingNode;
  /** `false` where the parts are those of a fixed list. */
  readonly items?: SettingNode | false;
  readonly anyOf?: readonly SettingNode[];
}

export type SettingPath = readonly PropertyKey[];

/** Making one takes milliseconds, in which a gateway that judges a changed file would answer nobody. */
const trees = new WeakMap<z.ZodType, SettingNode>();

export function settingTree(schema: z.ZodType): SettingNode {
  const tree = trees.get(schema) ?? (z.toJSONSchema(schema, { io: 'input' }) as SettingNode);
  trees.set(schema, tree);
  return tree;
}

export function nodeAt(tree: SettingNode, path: SettingPath): SettingNode | undefined {
  let node: SettingNode | undefined = tree;
  for (const step of path) {
    // Of a setting with several forms the one that has such a part is meant.
    node = formsOf(node)
      .map((form) => partOf(form, step))
      .find((part) => part !== undefined);
  }
  return node;
}

/** The forms that a setting may have. */
export const formsOf = (node: SettingNode | undefined): readonly SettingNode[] =>
  node === undefined ? [] : [node, ...(node.anyOf ?? [])];

const partOf = (node: SettingNode, step: PropertyKey): SettingNode | undefined =>
  typeof step === 'number'
    ? node.items || undefined
    : (own(node.properties, String(step)) ?? (node.additionalProperties || undefined));

const own = (nodes: SettingNode['properties'], name: string): SettingNode | undefined =>
  nodes !== undefined && Object.hasOwn(nodes, name) ? nodes[name] : undefined;

export function valueAt(root: unknown, path: SettingPath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/**
 * Every setting below `tree` that holds a value of its own, with its path; what stands under `*` is per name, or per
 * item of a list.
 */
export function leavesOf(
  tree: SettingNode,
  path: readonly string[] = [],
): [path: readonly string[], node: SettingNode][] {
  if (tree.properties !== undefined) {
    return Object.entries(tree.properties).flatMap(([name, node]) => leavesOf(node, [...path, name]));
  }
  const block = formsOf(tree)
    .map((form) => form.additionalProperties || form.items || undefined)
    .find((part) => part?.properties !== undefined);
  return [[path, tree], ...(block === undefined ? [] : leavesOf(block, [...path, '*']))];
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
  if (node.type === 'array') return 'a list';
  return node.type === 'object' ? 'a map' : 'text';
}
