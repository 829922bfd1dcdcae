import type { Canaries } from '../../support/canary/canaries.ts';

export interface Person {
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
}

/** What the preload of the gateways reacts to, when a page holds it. */
export const DEFECTS = [
  'Defect-thrown',
  'Defect-reworded',
  'Defect-emptied',
  'Defect-of-a-kind',
  'Defect-text',
  'Defect-storing',
  'Defect-hashing',
  'Defect-uncaught',
  'Defect-rejected',
] as const;
export type Defect = (typeof DEFECTS)[number];

export interface People {
  /** Found one by one. */
  readonly single: readonly Person[];
  /** All of one first name, several pages of them. */
  readonly crowd: readonly Person[];
  /** Whose page has a defect of this kind happen. */
  readonly cursed: Readonly<Record<Defect, Person>>;
}

/** Made up for this run: first names and ids are shown to every team, last names and mail to one alone. */
export function plantPeople(canaries: Canaries): People {
  const person = (more: Partial<Person> = {}): Person => ({
    id: canaries.phrase('profile id', ['restricted']),
    first_name: canaries.phrase('first name', ['restricted']),
    last_name: canaries.phrase('last name'),
    email: canaries.email('mail'),
    ...more,
  });
  const of = (count: number, more?: Partial<Person>) => Array.from({ length: count }, () => person(more));
  const first_name = canaries.phrase('first name of a crowd', ['restricted']);
  return {
    single: of(12),
    crowd: of(40, { first_name }),
    cursed: Object.fromEntries(
      DEFECTS.map((defect) => [
        defect,
        person({
          id: `${defect} ${canaries.word('profile id', ['restricted'])}`,
          last_name: `${defect} ${canaries.word('last name')}`,
        }),
      ]),
    ) as Record<Defect, Person>,
  };
}
