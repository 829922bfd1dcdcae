import { teamName } from '../config/team-settings.ts';
import { UsageError } from './verb.ts';

/** A number where one is written; what is none is left for others to refuse. */
export const plain = (value: string): string | number => (/^\d{1,15}$/.test(value) ? Number(value) : value);

/** The value of the flag `name`, which has to be an integer within bounds. */
export function integer<T extends number | undefined>(
  name: string,
  value: string | undefined,
  absent: T,
  [least, most]: readonly [number, number],
): number | T {
  if (value === undefined) return absent;
  const read = plain(value);
  if (typeof read === 'number' && read >= least && read <= most) return read;
  throw new UsageError(`--${name} takes an integer from ${least} to ${most}`);
}

/**
 * `web:2,batch:1`: a number for each team.
 *
 * @param sign what stands between team and number
 * @param absent the number of a team that has none; undefined: each must have one
 */
export function shares(
  name: string,
  value: string,
  sign: string,
  absent: string | undefined,
): ReadonlyMap<string, number> {
  const read = new Map<string, number>();
  for (const part of value.split(',')) {
    const [team = '', share = absent ?? '', ...more] = part.split(sign);
    const isRight = teamName.test(team) && /^\d{1,4}(\.\d{1,6})?$/.test(share) && more.length === 0;
    if (!isRight || Number(share) <= 0 || Number(share) > 1000 || read.has(team)) {
      throw new UsageError(
        `--${name} takes each team once with a number above 0, at most 1000, such as web${sign}2,batch${sign}1`,
      );
    }
    read.set(team, Number(share));
  }
  return read;
}
