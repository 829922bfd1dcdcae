import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { putTotal } from '../../../src/shared/total-member.ts';
import { readPageBody } from '../../../src/upstream/page-body.ts';

const read = (text: string | Buffer, list = true, limit?: number) =>
  readPageBody(Buffer.from(text), list, limit);

describe('a list', () => {
  test('is counted, and its bytes are kept as they came', () => {
    const text = '{ "data": [{"2":1,"1":2}, {"n":12345678901234567890, "n":1.0}],"next_token":"" }';
    const page = read(text);
    expect(page?.body.toString()).toBe(text);
    expect(page?.count).toBe(2);
    expect(page?.total).toBeUndefined();
  });

  test('has its total cut out', () => {
    const page = read('{"total":1.0,"data":[]}');
    expect([page?.body.toString(), page?.total?.text, page?.count]).toEqual(['{"data":[]}', '1.0', 0]);
  });

  test('may hold as many items as were asked for, and no more', () => {
    expect(read('{"data":[1,2]}', true, 2)?.count).toBe(2);
    expect(read('{"data":[1,2,3]}', true, 2)).toBeUndefined();
    expect(read('{"data":[1,2,3]}', true)?.count).toBe(3);
  });

  test.each([
    ['no data', '{"next_token":"t"}'],
    ['data that is no array', '{"data":{"0":1,"length":1}}'],
    ['data that is null', '{"data":null}'],
    ['data that is last no array', '{"data":[],"data":1}'],
  ])('with %s is none', (_what, text) => {
    expect(read(text)).toBeUndefined();
  });
});

describe('a single resource', () => {
  test.each(['{}', '{"data":[]}', '{"id":null}', '{"id":5}', '{"id":""}', '{"attributes":{"id":"x"}}'])(
    'without an id of its own is none: %s',
    (text) => {
      expect(read(text, false)).toBeUndefined();
    },
  );

  test('is any other object, total and all, and counts as one', () => {
    const text = '{"id":"idx-1","total":5,"data":"x"}';
    const page = read(text, false);
    expect([page?.body.toString(), page?.total, page?.count]).toEqual([text, undefined, 1]);
  });
});

describe('a body that is not a JSON object is no page', () => {
  test.each([
    ['empty', ''],
    ['an HTML page', '<html></html>'],
    ['cut off', '{"data":[1,2'],
    ['an array', '[{"data":[]}]'],
    ['null', 'null'],
    ['a number', '5'],
    ['followed by more', '{"data":[]}{"data":[]}'],
    ['with a byte order mark', '\ufeff{"data":[]}'],
  ])('%s', (_what, text) => {
    expect(read(text)).toBeUndefined();
    expect(read(text, false)).toBeUndefined();
  });

  test('not UTF-8', () => {
    const broken = Buffer.from('{"data":["\u00ff"]}', 'latin1');
    expect(read(broken)).toBeUndefined();
    expect(read(broken, false)).toBeUndefined();
  });
});

test('any page that has a total is had back from what is kept of it, byte for byte', () => {
  const items = fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 });
  fc.assert(
    fc.property(items, fc.nat(), fc.constantFrom(0, 1, 2), (data, total, at) => {
      const members = [`"data": ${JSON.stringify(data)}`, '"next_token" :"abc"'];
      members.splice(at, 0, `"total": ${total}`);
      const text = `{${members.join(' , ')}}`;
      const page = read(text);
      expect(page?.count).toBe(data.length);
      const whole = page && putTotal(page.body, page.total, String(total));
      expect(whole?.toString()).toBe(text);
    }),
  );
});
