import { describe, expect, test } from '@jest/globals';
import { CsvPages } from '../../../src/export/csv.ts';
import { ndjsonOf } from '../../../src/export/ndjson.ts';

const page = (...profiles: string[]): Buffer =>
  Buffer.from(`{"next_token":"t","data":[${profiles.join(' , ')}]}`);
const csv = (escapeFormulas: boolean, ...pages: Buffer[]): string => {
  const writer = new CsvPages({ escapeFormulas });
  return pages.map((each) => writer.next(each)).join('');
};

describe('a page as CSV', () => {
  test('has the columns of the first page, attributes beside the others', () => {
    const first = page(
      '{"id":"1","index_id":"ix","attributes":{"first_name":"Ann","tier":"gold"}}',
      '{"id":"2","index_id":"ix","attributes":{"first_name":"Bob","city":"Rome"}}',
    );
    expect(csv(true, first, page('{"id":"3","attributes":{"city":"Oslo"}}'))).toBe(
      'id,index_id,first_name,tier,city\r\n1,ix,Ann,gold,\r\n2,ix,Bob,,Rome\r\n3,,,,Oslo\r\n',
    );
  });

  test('of flat items has their members', () => {
    expect(csv(true, page('{"id":"1","name":"Loyalty"}'))).toBe('id,name\r\n1,Loyalty\r\n');
  });

  test('keeps the spelling of numbers, and defuses only text', () => {
    const first = page(
      '{"id":"1","attributes":{"n":12345678901234567890,"d":1.0,"m":-5,"t":true,"x":null,"f":"=1+1","p":"+49 1","a":"@x"}}',
    );
    expect(csv(true, first)).toBe(
      "id,n,d,m,t,x,f,p,a\r\n1,12345678901234567890,1.0,-5,true,,'=1+1,'+49 1,'@x\r\n",
    );
    expect(csv(false, first)).toContain('=1+1,+49 1,@x');
  });

  test('quotes what has to be quoted', () => {
    const first = page(
      String.raw`{"id":"1","attributes":{"a":"say \"hi\"","b":"x,y","c":"two\nlines","d":"ü😀"}}`,
    );
    expect(csv(true, first)).toBe('id,a,b,c,d\r\n1,"say ""hi""","x,y","two\nlines",ü😀\r\n');
  });

  test('has nested values as JSON, and a prefix where an attribute is called like a member of the item', () => {
    const first = page('{"id":"1","attributes":{"id":"own","list":[1, "a b"],"map":{ "k" : {} }}}');
    expect(csv(true, first)).toBe('id,attributes.id,list,map\r\n1,own,"[1,""a b""]","{""k"":{}}"\r\n');
  });

  test('counts columns that came too late', () => {
    const writer = new CsvPages({ escapeFormulas: true });
    writer.next(page('{"id":"1"}'));
    expect(writer.next(page('{"id":"2","late":"a","later":"b"}', '{"id":"3","late":"c"}'))).toBe(
      '2\r\n3\r\n',
    );
    expect(writer.unknownColumns).toBe(2);
  });

  test('is gone on with without a second header', () => {
    const writer = new CsvPages({ escapeFormulas: true }, ['id', 'city']);
    expect(writer.next(page('{"city":"Rome","id":"9"}'))).toBe('9,Rome\r\n');
  });

  test('of nobody is nothing, and leaves the header to the first one with somebody', () => {
    expect(csv(true, page(), page('{"id":"1","tier":"gold"}'), page(), page('{"id":"2"}'))).toBe(
      'id,tier\r\n1,gold\r\n2,\r\n',
    );
    expect(new CsvPages({ escapeFormulas: true }, ['id']).next(page())).toBe('');
  });

  test('puts an attribute into one column, whichever profiles have a member of its name', () => {
    const pages = page('{"id":"1","status":"own"}', '{"id":"2","attributes":{"status":"theirs"}}');
    const expected = 'id,status,attributes.status\r\n1,own,\r\n2,,theirs\r\n';
    expect(csv(true, pages)).toBe(expected);
    const goingOn = new CsvPages({ escapeFormulas: true }, ['id', 'status', 'attributes.status']);
    expect(goingOn.next(page('{"id":"3","attributes":{"status":"theirs"}}'))).toBe('3,,theirs\r\n');
  });

  test('has a line for each profile, also where there is nothing to put into it', () => {
    expect(csv(true, page('{"note":""}', '{"note":"x"}', '""', '[1]', '7'))).toBe(
      'note\r\n""\r\nx\r\n""\r\n""\r\n""\r\n',
    );
  });

  test('has each profile on a line of its own, byte for byte but for whitespace between parts', () => {
    const profile =
      '{ "id" : "1",\n "big": 12345678901234567890 , "twice":1, "twice":2, "text":"a  b\\n\\u00e9" }';
    expect(ndjsonOf(page(profile, '{"id":"2"}')).toString()).toBe(
      '{"id":"1","big":12345678901234567890,"twice":1,"twice":2,"text":"a  b\\n\\u00e9"}\n{"id":"2"}\n',
    );
  });

  test('of nobody is empty', () => expect(ndjsonOf(page()).length).toBe(0));
});
