import { expect, test } from '@jest/globals';
import { profileIds } from '../../../src/store/profile-ids.ts';

const idsIn = (text: string): string[] => [...profileIds(Buffer.from(text))];

test.each([
  ['a list', '{"next_token":"t","data":[{"id":"m-1"},{ "id" : "m-2" }]}', ['m-1', 'm-2']],
  ['a single profile', '{"id":"m-1","index_id":"ix","attributes":{"id":"not this"}}', ['m-1']],
  [
    'ids in other spellings',
    String.raw`{"d\u0061ta":[{"i\u0064":"\u00fc\/"},{"id":42},{"id":12345678901234567890}]}`,
    ['ü/', '42', '12345678901234567890'],
  ],
  ['repeated members', '{"data":[{"id":"1","id":"2"}],"data":[{"id":"3"}]}', ['1', '2', '3']],
  ['what has no id, or is no profile', '{"data":[{"name":"x"},7,"id",[1],null,{"id":null}]}', []],
  ['data that is no list', '{"data":{"id":"1"}}', []],
  ['nothing', '', []],
])('the ids in %s', (_what, text, ids) => expect(idsIn(text)).toEqual(ids));
