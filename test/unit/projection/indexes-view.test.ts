import { expect, test } from '@jest/globals';
import { IndexesView } from '../../../src/projection/indexes-view.ts';

const view = new IndexesView('v', new Set(['a', 'b']));
const shown = (text: string): string => view.project('indexes', Buffer.from(text)).toString();

test('the list of indexes shows those that may be read, as they are, and the cursor', () => {
  const text =
    '{"data":[{"id":"a","name":"A","description":"d"},{"id":"c","name":"C"},{"id":"b"}],"next_token":"n","total":3}';
  expect(shown(text)).toBe('{"data":[{"id":"a","name":"A","description":"d"},{"id":"b"}],"next_token":"n"}');
});

test('an index with two ids is shown only if both may be read, and one without any never', () => {
  const text =
    '{"data":[{"id":"a","id":"c"},{"id":"c","id":"a"},{"name":"a"},{"id":["a"]},"a",{"\\u0069d":"b"}]}';
  expect(shown(text)).toBe('{"data":[{"\\u0069d":"b"}]}');
});
