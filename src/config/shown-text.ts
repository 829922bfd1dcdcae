import type { SettingPath } from './setting-tree.ts';

const shownLength = 40;

/** `teams.web.keys[0].id` */
export const pathText = (path: SettingPath): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : text === ''
          ? shownName(step)
          : `${text}.${shownName(step)}`,
    '',
  );

/** A name out of the file. A gateway key pasted in the wrong place is not repeated. */
export function shownName(name: PropertyKey): string {
  const text = String(name);
  const plain = text.length <= 40 && /^[\x21-\x7e]+$/.test(text) && !text.includes('agw_');
  return plain ? text : `(a name of ${text.length} characters)`;
}

/** A value out of the file or the environment, short, on one line. */
export function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return 'a timestamp';
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  }
  if (typeof value !== 'string') return value === null ? 'nothing' : String(value);
  if (value.includes('agw_')) return 'this value';
  const text = JSON.stringify(value);
  return text.length <= shownLength ? text : `${text.slice(0, shownLength - 2)}…"`;
}
