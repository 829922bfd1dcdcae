import { z } from 'zod';
import { noted } from './setting-leaf.ts';

const wholePort = /^(0|[1-9]\d{0,4})$/;
export const port = (value: string, about: string) =>
  z
    .string()
    .regex(wholePort)
    .transform(Number)
    .refine((number) => number <= 65_535)
    .prefault(value)
    .meta(noted(about, { expected: 'an integer from 0 to 65535' }));

export const host = (about: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/)
    .default('127.0.0.1')
    .meta(noted(about, { expected: 'an address or host name, without brackets' }));

export const yesOrNo = (about: string) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .prefault('false')
    .meta(noted(about, { expected: 'true | false' }));

export const path = (about: string, absent?: string) =>
  z
    .string()
    .optional()
    .meta(noted(about, { expected: 'a path', ...(absent && { absent }) }));

/** Goes into a header as it is: anything else would be cut, refused or end the header early. */
export const headerSecret = (about: string, absent = 'none') =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .meta(
      noted(about, {
        secret: true,
        expected: 'printable ASCII without spaces or line breaks',
        absent,
      }),
    );

export const httpsUrl = (about: string, absent: string) =>
  z
    .string()
    .optional()
    .meta(noted(about, { secret: true, expected: 'an https URL', absent }));

/** Sent as it is written; only what cannot have been meant is refused. */
export const text = (about: string) =>
  z
    .string()
    .regex(/^[^\p{Cc}]+$/u)
    .optional()
    .meta(noted(about, { secret: true, expected: 'text without line breaks or other control characters' }));
