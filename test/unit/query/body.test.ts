import { describe, expect, test } from '@jest/globals';
import { readBody } from '../../../src/query/body.ts';
import { parsePageRequest } from '../../../src/query/profile-query.ts';
import { splitQuery } from '../../../src/query/query-string.ts';
import { problemsOf } from './refusal.ts';

const base = { route: 'profiles', index: 'idx' } as const;
const read = (text: string, extraQueryParams: string[] = []) =>
  parsePageRequest({ ...base, parameters: readBody(text), extraQueryParams });
const refused = (text: string) => problemsOf(() => read(text));

describe('a body', () => {
  test.each([
    ['{}', ''],
    [
      '{"filter":{"first_name":"Daniel","city":"Sankt Pölten & Co"},"limit":100,"with_total":true}',
      'limit=100&with_total=true&filter[city]=Sankt+P%C3%B6lten+%26+Co&filter[first_name]=Daniel',
    ],
    ['  {"next_token":"a+b/c=","limit":5}\n', 'limit=5&next_token=a%2Bb%2Fc%3D'],
    ['{"filter":{},"with_total":false}', 'with_total=false'],
    ['{"filter":{"n\\u0061me":"\\u0041"}}', 'filter[name]=A'],
  ])('%s asks the same as a query', (text, query) => {
    expect(read(text)).toEqual(parsePageRequest({ ...base, parameters: splitQuery(query) }));
  });

  test('may hold what the configuration passes on', () => {
    expect(read('{"fields":"a"}', ['fields']).extras).toEqual([['fields', 'a']]);
  });

  test.each<[string, string]>([
    ['[]', 'body: must be a JSON object'],
    ['"x"', 'body: must be a JSON object'],
    ['{"limit":"5"}', 'limit: must be a whole number'],
    ['{"limit":5.0}', 'limit: must be a whole number'],
    ['{"limit":1e1}', 'limit: must be a whole number'],
    ['{"limit":0}', 'limit: must be a whole number'],
    ['{"limit":-5}', 'limit: must be a whole number'],
    ['{"limit":10000}', 'limit: must be a whole number'],
    ['{"limit":[5]}', 'limit: must be a whole number'],
    ['{"with_total":"true"}', 'with_total: must be true or false'],
    ['{"with_total":1}', 'with_total: must be true or false'],
    ['{"next_token":null}', 'next_token: must be left out'],
    ['{"next_token":""}', 'next_token: must be left out'],
    ['{"next_token":5}', 'next_token: must be a text'],
    ['{"filter":"x"}', 'filter: must be an object'],
    ['{"filter":[]}', 'filter: must be an object'],
    ['{"filter":{"a":5}}', 'filter[a]: must be a text'],
    ['{"filter":{"a":null}}', 'filter[a]: must be a text'],
    ['{"filter":{"a":{"b":"c"}}}', 'filter[a]: must be a text'],
    ['{"filter":{"a":""}}', 'filter[a]: must not be empty'],
    ['{"filter":{"a":"x\\u0000"}}', 'filter[a]: must be well-formed'],
    ['{"filter":{"a":"\\ud800"}}', 'filter[a]: must be well-formed'],
    ['{"filter":{"__proto__":"x"}}', 'parameter 1: is not a parameter'],
    ['{"__proto__":{"limit":5}}', 'parameter 1: is not a parameter'],
    ['{"filter":{"a b":"x"}}', 'parameter 1: is not a parameter'],
    ['{"filter[a]":"x"}', 'parameter 1: has a name that is not well-formed'],
    ['{"limit":5,"limit":6}', 'limit: must be given only once'],
    ['{"limit":5,"l\\u0069mit":6}', 'limit: must be given only once'],
    ['{"filter":{"a":"1","a":"2"}}', 'filter[a]: must be given only once'],
    ['{"filter":{"a":"1"},"filter":{}}', 'filter: must be given only once'],
    ['{"offset":5}', 'offset: is not a parameter'],
    [
      `{"filter":{${Array.from({ length: 11 }, (_, at) => `"a${at}":"x"`).join()}}}`,
      'filter: must be given for at most 10',
    ],
    [
      `{"filter":{${Array.from({ length: 30 }, (_, at) => `"a${at}":"x"`).join()}}}`,
      'parameter 25: is one too many',
    ],
  ])('%s is refused', (text, problem) => {
    expect(refused(text)).toEqual([expect.stringContaining(problem)]);
  });

  test('has all its problems told at once, and no value of it', () => {
    const problems = refused(
      '{"limit":"cAnArY","with_total":"cAnArY","filter":{"a":["cAnArY"]},"x":"cAnArY"}',
    );
    expect(problems).toHaveLength(4);
    expect(problems.join()).not.toContain('cAnArY');
  });
});
