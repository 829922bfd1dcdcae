import { randomBytes } from 'node:crypto';

/**
 * Where things come out of a gateway: what Redis is told and holds, what is printed, the admin listener, bodies of
 * refusals, heads of all answers, and bodies for teams that are shown little. Only bodies for who is shown everything
 * are no such place.
 */
export const PLACES = ['redis', 'log', 'metrics', 'status', 'problem', 'head', 'restricted'] as const;
export type Place = (typeof PLACES)[number];

export interface Canary {
  /** What it stands for, such as "last name". */
  readonly what: string;
  readonly value: string;
  /** Places where it is no leak. */
  readonly allowed: ReadonlySet<Place>;
}

/** Makes values that stand nowhere else, and remembers them. */
export class Canaries {
  readonly #planted: Canary[] = [];

  get planted(): readonly Canary[] {
    return this.#planted;
  }

  /** Letters and digits only, of both cases, so that lower-casing makes another text of it. */
  word(what: string, allowed: readonly Place[] = []): string {
    return this.adopt(what, `Cn${randomBytes(6).toString('hex')}Qy`, allowed);
  }

  /** With everything that encodings change: blanks, umlauts, quotes, signs. */
  phrase(what: string, allowed: readonly Place[] = []): string {
    return this.adopt(what, `Zoë & O'${unique()} "Ünlü" 100%+`, allowed);
  }

  email(what: string, allowed: readonly Place[] = []): string {
    return this.adopt(what, `${unique()}+Tag@Planted.example`, allowed);
  }

  /** A value that another has made. */
  adopt(what: string, value: string, allowed: readonly Place[] = []): string {
    if (value.length < 8) throw new RangeError('shorter values could stand somewhere by chance');
    this.#planted.push({ what, value, allowed: new Set(allowed) });
    return value;
  }
}

const unique = (): string => `Quist${randomBytes(6).toString('hex')}Er`;
