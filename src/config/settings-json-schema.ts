import { settingsSchema } from './schema.ts';
import type { SettingNotes } from './setting-leaf.ts';
import { type SettingNode, settingTree } from './setting-tree.ts';

const ownNotes: readonly (keyof SettingNotes)[] = ['secret', 'later', 'expected', 'refusal', 'absent'];

/** JSON Schema of gateway.yaml for editors; our notes are no keywords of it and go, what they say stays. */
export const settingsJsonSchema = (): string => JSON.stringify(plain(settingTree(settingsSchema)), null, 2);

function plain(node: SettingNode): object {
  const entries = Object.entries(node)
    .filter(([name]) => !ownNotes.some((note) => note === name))
    .map(([name, value]) => [name, plainMember(name, value)]);
  return Object.fromEntries(entries);
}

// Values under `default`, `enum` and `const` are data, not schemas, and stay as they are.
function plainMember(name: string, value: unknown): unknown {
  if (name === 'properties') {
    const members = Object.entries(value as Record<string, SettingNode>);
    return Object.fromEntries(members.map(([key, node]) => [key, plain(node)]));
  }
  if (name === 'anyOf' || name === 'prefixItems') return (value as SettingNode[]).map(plain);
  const isSchema = name === 'items' || name === 'additionalProperties' || name === 'propertyNames';
  return isSchema && typeof value === 'object' ? plain(value as SettingNode) : value;
}
