import { z } from 'zod';

/**
 * What a setting says about itself beyond its type. The reference page, the JSON Schema and every complaint about
 * a wrong value are made from these notes, so the three cannot drift apart.
 */
export interface SettingNotes {
  readonly description: string;
  /** A wrong value is not repeated in the complaint. */
  readonly secret?: true;
  /** Keys or values that are designed but not built: refused as "not available in this version". */
  readonly later?: readonly string[];
  /** What may be written, in words, where type and range do not say it. */
  readonly expected?: string;
  /** A complaint that replaces the generated one: "<what is wrong>; <what to do>". */
  readonly refusal?: string;
  /** What holds when the setting is left out, where that is not a fixed value. */
  readonly absent?: string;
}

type Extra = Omit<SettingNotes, 'description'>;

// Declared by name so that a misspelt note is a compile error: `.meta()` itself takes any property.
export const noted = (description: string, extra: Extra = {}): SettingNotes & Record<string, unknown> => ({
  description,
  ...extra,
});

/** URL takes stars and commas in a host too; whoever writes them means a wildcard or a list. */
const originForm = /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d+)?$/;

/** `new URL(x).origin === x` holds only for the exact serialisation that browsers send in `Origin` (RFC 6454 §6.2). */
export const isOrigin = (text: string): boolean =>
  originForm.test(text) && URL.canParse(text) && new URL(text).origin === text;

export const integer = (
  range: readonly [min: number, max: number],
  value: number,
  about: string,
  extra?: Extra,
) => z.int().min(range[0]).max(range[1]).default(value).meta(noted(about, extra));

export const flag = (value: boolean, about: string, extra?: Extra) =>
  z.boolean().default(value).meta(noted(about, extra));

export const headerSafeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const headerSafeNameInWords =
  'up to 128 letters, digits, dots, underscores or hyphens, starting with a letter or digit';

export const optionalName = (about: string, absent: string) =>
  z
    .string()
    .regex(headerSafeName)
    .optional()
    .meta(noted(about, { expected: headerSafeNameInWords, absent }));
