import { createHmac, hkdfSync } from 'node:crypto';
import { membersOf } from './json-pieces.ts';
import type { Shown } from './policies.ts';

/** The profile as the simulator wrote it, less what is not shown; values in its own spelling. */
export function shownText(profile: string, shown: Shown, maskKey: Buffer): string {
  if (shown === '*') return profile;
  const kept = membersOf(profile).flatMap(({ name, value, piece }) => {
    if (name === 'id' || name === 'index_id') return [piece];
    return name === 'attributes' ? [`"attributes":${attributesText(value, shown, maskKey)}`] : [];
  });
  return `{${kept.join(',')}}`;
}

function attributesText(attributes: string, shown: Exclude<Shown, '*'>, maskKey: Buffer): string {
  const kept = membersOf(attributes).flatMap(({ name, value, piece }) => {
    if (shown.allow.includes(name)) return [piece];
    const kind = Object.hasOwn(shown.mask, name) ? shown.mask[name] : undefined;
    if (kind === undefined || !value.startsWith('"')) return [];
    const text: string = JSON.parse(value);
    return [`"${name}":${JSON.stringify(kind === 'hmac' ? hashed(text, maskKey) : lastFour(text))}`];
  });
  return `{${kept.join(',')}}`;
}

function lastFour(text: string): string {
  const characters = Array.from(text);
  return characters.length < 8 ? '****' : `****${characters.slice(characters.length - 4).join('')}`;
}

const hashed = (text: string, key: Buffer): string =>
  createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);

/** The key of one team's masks, from that of all masks. */
export const maskKeyOf = (master: Buffer, team: string): Buffer =>
  Buffer.from(hkdfSync('sha256', master, '', `amperity-gateway/1/mask/${team}`, 32));
