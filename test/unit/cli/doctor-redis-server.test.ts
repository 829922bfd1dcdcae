import { describe, expect, test } from '@jest/globals';
import { examineInfo, latency } from '../../../src/cli/doctor-redis-server.ts';

const WELL = 'maxmemory:1024\r\nmaxmemory_policy:volatile-lru\r\n';
const of = (version: string, memory = WELL) =>
  [...examineInfo('Redis', `# Server\r\nredis_version:${version}\r\n`, memory)].map(({ is, what }) => ({
    is,
    what,
  }));

describe('a version', () => {
  test.each(['6.2.20', '5.0.0'])('%s is too old', (version) => {
    expect(of(version)[0]).toEqual({ is: 'wrong', what: `version ${version}; take 7.0 or later` });
  });

  test.each([
    ['7.0.15', true],
    ['7.2.10', true],
    ['7.2.11', false],
    ['7.4.6', false],
    ['8.0.3', true],
    ['8.2.2', false],
    ['8.4.0', false],
    ['9.0.0', false],
    ['10.1.0', false],
  ])('%s may have the weakness in scripts: %s', (version, may) => {
    const findings = of(version);
    expect(findings[0]).toEqual({ is: 'fine', what: `version ${version}` });
    expect(findings.some(({ is, what }) => is === 'note' && what.startsWith('CVE-2025-49844'))).toBe(may);
  });
});

test('a Valkey is told by its own version, not by that of the Redis that it was', () => {
  const findings = [...examineInfo('Redis', 'redis_version:7.2.4\r\nvalkey_version:9.0.5\r\n', WELL)];
  expect(findings.map(({ is, what }) => [is, what.split(' ', 2).join(' ')])).toEqual([
    ['fine', 'Valkey 9.0.5'],
    ['note', 'CVE-2025-49844 is'],
    ['fine', 'maxmemory-policy volatile-lru'],
  ]);
});

test('a policy that lets go of young keys as well is a note, and one that nobody told is wrong', () => {
  expect(of('9.0.0', 'maxmemory:1\r\nmaxmemory_policy:volatile-ttl\r\n')[1]?.is).toBe('note');
  expect(of('9.0.0', 'maxmemory:1\r\n')[1]?.is).toBe('wrong');
});

test('latency is judged by the median, so that one slow answer does not matter', () => {
  expect(latency('Redis', [1, 2, 3, 4, 900])).toEqual({
    is: 'fine',
    about: 'Redis',
    what: 'answers within 3.0 ms, the slowest of 5 times within 900.0 ms',
  });
  expect(latency('Redis', [1, 2, 30, 40, 50]).is).toBe('wrong');
});
