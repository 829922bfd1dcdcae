import { describe, expect, test } from '@jest/globals';
import { EVERYTHING, Generations } from '../../../src/store/generations.ts';
import type { StoredPage } from '../../../src/store/page-store.ts';
import { pageOf } from '../serve/ground.ts';

const of = (scope: string, generation: number) => pageOf('{}', 1000, { scope, generation });

describe('a generation', () => {
  test('kills what is older in its scope, and nothing else', () => {
    const generations = new Generations();
    generations.learn({ scope: 'a', level: 'dead', generation: 50 });
    const dead = [of('a', 49), of('a', 50), of('b', 0), pageOf('{}', 1000)].map((page) =>
      generations.isDead(page),
    );
    expect(dead).toEqual([true, false, false, false]);
  });

  test('of everything kills pages about no index, too', () => {
    const generations = new Generations();
    generations.learn({ scope: EVERYTHING, level: 'dead', generation: 50 });
    const pages = [of('a', 49), pageOf('{}', 1000), of('a', 50), pageOf('{}', 1000, { generation: 50 })];
    expect(pages.map((page) => generations.isDead(page))).toEqual([true, true, false, false]);
  });

  test('that is cut leaves what is stored, but not what is on its way', () => {
    const generations = new Generations();
    generations.learn({ scope: 'a', level: 'cut', generation: 50 });
    expect([generations.isDead(of('a', 49)), generations.isOutdated(of('a', 49))]).toEqual([false, true]);
    expect(generations.isOutdated(of('a', 50))).toBe(false);
  });

  test('that is stale ends freshness then, and nothing else', () => {
    const generations = new Generations();
    const page = of('a', 49);
    // Whatever clock the number comes from.
    generations.learn({ scope: 'a', level: 'stale', generation: page.freshUntil + 60_000 });
    expect(generations.aged(page)).toEqual({ ...page, freshUntil: page.storedAt });
    expect([generations.isDead(page), generations.isOutdated(page)]).toEqual([false, false]);
    const newer = of('a', page.freshUntil + 60_000);
    expect(generations.aged(newer)).toBe(newer);
    // It has never made anything fresh again.
    const overdue = { ...page, freshUntil: 1 };
    expect(generations.aged(overdue)).toBe(overdue);
  });

  test('that is cut takes whoever is gone along, in what is older', () => {
    const generations = new Generations();
    const holds = (page: StoredPage, ...holders: string[]) => generations.holdsGone(page, () => holders);
    generations.learn({ scope: 'a', level: 'cut', generation: 50 });
    generations.learnGone({ scope: 'a', holder: 'm1', generation: 50 });
    expect([holds(of('a', 49), 'm0', 'm1'), holds(of('a', 49), 'm0'), holds(of('b', 49), 'm1')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(holds(of('a', 50), 'm1')).toBe(false);
    generations.learn({ scope: 'a', level: 'cut', generation: 70 });
    generations.learnGone({ scope: 'a', holder: 'm2', generation: 70 });
    // Asked for between the two.
    expect([holds(of('a', 60), 'm1'), holds(of('a', 60), 'm2')]).toEqual([false, true]);
    generations.forgetGone(60);
    expect([holds(of('a', 40), 'm1'), holds(of('a', 40), 'm2')]).toEqual([false, true]);
    expect([...generations.gone()]).toEqual([{ scope: 'a', holder: 'm2', generation: 70 }]);
  });

  test('only ever grows, and is what calls are marked with from then on', () => {
    const generations = new Generations();
    expect(generations.current('a')).toBe(0);
    expect(generations.learn({ scope: 'a', level: 'cut', generation: 50 })).toBe(true);
    expect(generations.learn({ scope: 'a', level: 'cut', generation: 49 })).toBe(false);
    expect(generations.learn({ scope: EVERYTHING, level: 'dead', generation: 60 })).toBe(true);
    expect([generations.current('a'), generations.current('b')]).toEqual([60, 60]);
    expect([...generations.marks()]).toEqual([
      { scope: 'a', level: 'cut', generation: 50 },
      { scope: EVERYTHING, level: 'dead', generation: 60 },
    ]);
  });

  test('ages a page to the same other page each time it is asked', () => {
    const generations = new Generations();
    const page = pageOf('{}', 1000, { scope: 'a', generation: 40 });
    expect(generations.aged(page)).toBe(page);
    generations.learn({ scope: 'a', level: 'stale', generation: 50 });
    expect(generations.aged(page)).toEqual({ ...page, freshUntil: 1000 });
    expect(generations.aged(page)).toBe(generations.aged(page));
  });
});
