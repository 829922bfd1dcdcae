import { createHash, type KeyObject } from 'node:crypto';
import { AttributesView } from '../projection/attributes-view.ts';
import { IndexesView } from '../projection/indexes-view.ts';
import { hmacMask, last4, type Mask } from '../projection/mask.ts';
import { type View, WHOLE } from '../projection/view.ts';
import type { AttributeRights, IndexAttributes, MaskKind } from './team-record.ts';

const NOTHING: IndexAttributes = { allow: [], mask: [], maskAs: {} };

/** What is shown of each index by these rights. Throws Error when an `hmac` mask has no key. */
export function shownViews(
  team: string,
  rights: AttributeRights,
  maskKeys: (team: string) => KeyObject | undefined,
): (index: string) => View {
  if (rights === '*') return () => WHOLE;
  const none = attributesView(team, NOTHING, undefined);
  const views = new Map(
    Object.entries(rights).map(([index, shown]) => [index, attributesView(team, shown, maskKeys(team))]),
  );
  return (index) => views.get(index) ?? none;
}

/** Whatever somebody of them is shown of an index, masked or not. */
export function sharedView(index: string, all: readonly AttributeRights[]): View {
  if (all.includes('*')) return WHOLE;
  const names = all.flatMap((rights) => {
    const { allow, mask } = (rights !== '*' && Object.hasOwn(rights, index) && rights[index]) || NOTHING;
    return [...allow, ...mask];
  });
  return attributesView('', { allow: [...new Set(names)], mask: [], maskAs: {} }, undefined);
}

export const indexesView = (indexes: readonly string[]): View =>
  new IndexesView(nameOf(['indexes', [...indexes].sort()]), new Set(indexes));

/** What both rights show; what one of them masks stays masked, as the first one has it if it does. */
export function narrowed(
  rights: AttributeRights,
  by: Exclude<AttributeRights, '*'> | undefined,
): AttributeRights {
  if (by === undefined || rights === '*') return by ?? rights;
  const indexes = Object.keys(rights).filter((index) => Object.hasOwn(by, index));
  return Object.fromEntries(
    indexes.map((index) => [index, both(rights[index] ?? NOTHING, by[index] ?? NOTHING)]),
  );
}

function both(one: IndexAttributes, other: IndexAttributes): IndexAttributes {
  const isKnown = ({ allow, mask }: IndexAttributes, name: string): boolean =>
    allow.includes(name) || mask.includes(name);
  const masked = [...new Set([...one.mask, ...other.mask])].filter(
    (name) => isKnown(one, name) && isKnown(other, name),
  );
  return {
    allow: one.allow.filter((name) => other.allow.includes(name)),
    mask: masked,
    maskAs: Object.fromEntries(
      masked.map((name) => [name, one.mask.includes(name) ? kindOf(one, name) : kindOf(other, name)]),
    ),
  };
}

const kindOf = ({ maskAs }: IndexAttributes, name: string): MaskKind =>
  (Object.hasOwn(maskAs, name) ? maskAs[name] : undefined) ?? 'last4';

function attributesView(team: string, shown: IndexAttributes, key: KeyObject | undefined): View {
  const kinds = [...shown.mask].sort().map((name) => [name, kindOf(shown, name)] as const);
  const hashes = kinds.some(([, kind]) => kind === 'hmac');
  if (hashes && key === undefined) throw new Error(`the hmac masks of team ${team} have no key`);
  const hmac = key && hmacMask(key);
  const masks = new Map<string, Mask>(
    kinds.map(([name, kind]) => [name, kind === 'hmac' && hmac !== undefined ? hmac : last4]),
  );
  // Teams that are shown the same share what is kept of it; masks with a key of the team's own are never the same.
  const id = nameOf(['attributes', [...shown.allow].sort(), kinds, hashes ? [team, hmac?.('')] : '']);
  return new AttributesView(id, { allow: new Set(shown.allow), mask: masks });
}

const nameOf = (rights: unknown): string =>
  createHash('sha256').update(JSON.stringify(rights)).digest('base64url');
