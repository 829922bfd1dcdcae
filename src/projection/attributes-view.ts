import { items, type Member } from '../shared/json-scan.ts';
import type { Route } from '../shared/page-request.ts';
import type { Mask } from './mask.ts';
import { listOf, OPENING_BRACE, OPENING_BRACKET, objectOf, QUOTE, valueBytes, wholeOf } from './pieces.ts';
import type { View } from './view.ts';

/** Attributes of a profile by what is shown of them; every other one is left out. */
export interface ShownAttributes {
  readonly allow: ReadonlySet<string>;
  readonly mask: ReadonlyMap<string, Mask>;
}

/** Members that say which profile it is; whoever may not know that must not get the index. */
const IDENTITY: ReadonlySet<string> = new Set(['id', 'index_id']);

/**
 * Profiles with some of their attributes. Values keep the spelling they have in the stored body: a number beyond 2^53
 * would be another one once it were parsed. A masked value that is no text is left out, as is whatever a profile or a
 * page has beside the members that Amperity documents.
 */
export class AttributesView implements View {
  readonly id: string;
  readonly #shown: ShownAttributes;

  constructor(id: string, shown: ShownAttributes) {
    this.id = id;
    this.#shown = shown;
  }

  project(route: Route, body: Buffer): Buffer {
    switch (route) {
      case 'profiles':
        return this.#page(body);
      case 'profile':
        return this.#profile(body);
      // The description of an index, which holds nobody.
      default:
        return body;
    }
  }

  #page(body: Buffer): Buffer {
    return objectOf(body, (member) => {
      if (member.name === 'next_token') return isScalar(body, member) ? [wholeOf(body, member)] : [];
      if (member.name !== 'data' || body[member.value.start] !== OPENING_BRACKET) return [];
      const profiles: Buffer[] = [];
      for (const { start, end } of items(body, member.value.start)) {
        if (body[start] === OPENING_BRACE) profiles.push(this.#profile(body.subarray(start, end)));
      }
      return [DATA, listOf(profiles)];
    });
  }

  #profile(profile: Buffer): Buffer {
    return objectOf(profile, (member) => {
      if (IDENTITY.has(member.name)) return isScalar(profile, member) ? [wholeOf(profile, member)] : [];
      if (member.name !== 'attributes' || profile[member.value.start] !== OPENING_BRACE) return [];
      return [ATTRIBUTES, this.#attributes(valueBytes(profile, member))];
    });
  }

  #attributes(attributes: Buffer): Buffer {
    const { allow, mask } = this.#shown;
    return objectOf(attributes, (member) => {
      if (allow.has(member.name)) return [wholeOf(attributes, member)];
      const masked = mask.get(member.name);
      if (masked === undefined || attributes[member.value.start] !== QUOTE) return [];
      const text: string = JSON.parse(valueBytes(attributes, member).toString('utf8'));
      return [Buffer.from(`${JSON.stringify(member.name)}:${JSON.stringify(masked(text))}`)];
    });
  }
}

const DATA = Buffer.from('"data":');
const ATTRIBUTES = Buffer.from('"attributes":');

const isScalar = (bytes: Buffer, { value }: Member): boolean =>
  bytes[value.start] !== OPENING_BRACE && bytes[value.start] !== OPENING_BRACKET;
