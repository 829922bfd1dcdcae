import { createHash, createSecretKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { shownViews } from '../../../src/access/shown-attributes.ts';
import { Projections } from '../../../src/projection/projections.ts';
import { type View, WHOLE } from '../../../src/projection/view.ts';
import { PreparedBodies } from '../../../src/shared/prepared-bodies.ts';

const etag = (body: Buffer): string => `W/"${createHash('sha256').update(body).digest('hex')}"`;
const TIMES = { storedAt: 0, staleUntil: 1000, errorUntil: 2000 };
const stored = (text: string) => ({ body: Buffer.from(text), etag: etag(Buffer.from(text)), ...TIMES });
const projectionsIn = (maxBytes: number) => new Projections({ prepared: new PreparedBodies(maxBytes), etag });

/** Shows a body behind a prefix, and says how often it was asked to. */
function prefixing(id: string): View & { asked: number } {
  const view = {
    id,
    asked: 0,
    project: (_route: string, body: Buffer) => {
      view.asked += 1;
      return Buffer.concat([Buffer.from(`${id}:`), body]);
    },
  };
  return view;
}

test('whoever is shown everything gets the stored bytes themselves', () => {
  const page = stored('{}');
  const delivered = projectionsIn(1000).of(WHOLE, 'profiles', page);
  expect(delivered.body).toBe(page.body);
  expect(delivered.etag).toBe(page.etag);
});

test('a page is projected once for each view and route, and another page by itself', () => {
  const projections = projectionsIn(10_000);
  const [one, other] = [prefixing('one'), prefixing('other')];
  for (let again = 0; again < 3; again += 1) {
    expect(String(projections.of(one, 'profiles', stored('{"a":1}')).body)).toBe('one:{"a":1}');
    expect(String(projections.of(other, 'profiles', stored('{"a":1}')).body)).toBe('other:{"a":1}');
    expect(String(projections.of(one, 'profiles', stored('{"a":2}')).body)).toBe('one:{"a":2}');
    expect(String(projections.of(one, 'profile', stored('{"a":1}')).body)).toBe('one:{"a":1}');
  }
  expect([one.asked, other.asked]).toEqual([3, 1]);
});

test('validators are of what is delivered and of the view, never of what is stored', () => {
  const projections = projectionsIn(10_000);
  const same: View = { id: 'same', project: () => Buffer.from('{}') };
  const alike: View = { id: 'alike', project: () => Buffer.from('{}') };
  const [page, another] = [stored('{"secret":1}'), stored('{"secret":2}')];
  const validator = projections.of(same, 'profiles', page).etag;
  expect(projections.of(same, 'profiles', another).etag).toBe(validator);
  expect(validator).not.toBe(page.etag);
  expect(projections.of(alike, 'profiles', page).etag).not.toBe(validator);
});

test('no more is kept than there is room for, and what is larger than that is projected each time', () => {
  const projections = projectionsIn(1100);
  const view = prefixing('v');
  for (let again = 0; again < 2; again += 1) projections.of(view, 'profiles', stored(' '.repeat(200)));
  expect(view.asked).toBe(2);
});

test('of a page that may not be kept nothing is kept', () => {
  const projections = projectionsIn(10_000);
  const view = prefixing('v');
  const page = { ...stored('{}'), staleUntil: 0, errorUntil: 0 };
  for (let again = 0; again < 2; again += 1) projections.of(view, 'profiles', page);
  expect(view.asked).toBe(2);
});

test('an empty body has nothing to be seen', () => {
  const view = prefixing('v');
  const projections = projectionsIn(1100);
  expect(projections.of(view, 'profile', { body: Buffer.alloc(0), etag: '', ...TIMES }).body).toHaveLength(0);
  expect(view.asked).toBe(0);
});

describe('teams with the same rights', () => {
  const body = '{"id":"p-1","attributes":{"email":"ann@example.com","phone":"+49301234567"}}';
  const keyOf = (text: string) => createSecretKey(createHash('sha256').update(text).digest());
  const viewOf = (team: string, maskAs: Record<string, 'hmac' | 'last4'>, key = keyOf(team)): View =>
    shownViews(team, { ix: { allow: [], mask: ['email', 'phone'], maskAs } }, () => key)('ix');
  const deliver = (views: readonly View[]): string[] => {
    const projections = projectionsIn(10_000);
    return views.map((view) => String(projections.of(view, 'profile', stored(body)).body));
  };

  test('are never given what was masked by another key, another way, or before the key was renewed', () => {
    const views = [
      viewOf('shop', { email: 'hmac' }),
      viewOf('till', { email: 'hmac' }),
      viewOf('shop', { email: 'hmac' }, keyOf('renewed')),
      viewOf('shop', { phone: 'hmac' }),
      viewOf('shop', {}),
    ];
    const delivered = deliver(views);
    expect(delivered).toEqual(views.map((view) => String(view.project('profile', Buffer.from(body)))));
    expect(new Set(delivered).size).toBe(views.length);
    expect(new Set(views.map(({ id }) => id)).size).toBe(views.length);
  });

  test('share what is masked by no key', () => {
    expect(viewOf('till', {}).id).toBe(viewOf('shop', {}).id);
    expect(deliver([viewOf('shop', {})])[0]).toContain('"email":"****.com","phone":"****4567"');
  });
});
