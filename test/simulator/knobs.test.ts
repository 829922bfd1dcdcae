import { describe, expect, test } from '@jest/globals';
import { faultParameters } from '../../simulator/faults/fault-parameters.ts';
import { acceptFaultRules } from '../../simulator/faults/fault-rule.ts';
import { checkKnobs, checkKnobText, defaultKnobs, KnobStore } from '../../simulator/knobs/knob-store.ts';
import { knobNames } from '../../simulator/knobs/knob-table.ts';
import { readStartOptions } from '../../simulator/start-options.ts';

describe('where a knob gets its value', () => {
  test('from the default first of all', () => {
    expect(readStartOptions([], {}).knobs).toEqual(defaultKnobs());
    expect(readStartOptions([], {}).knobs).toMatchObject({
      'rate.kind': 'sliding',
      'rate.limit': 10,
      'latency.preset': 'seconds',
      'page.default_limit': 25,
    });
  });

  test('from the preset, which the environment overrides, which a flag overrides', () => {
    expect(readStartOptions([], { SIM_PRESET: 'bench' }).knobs['capacity.concurrent']).toBe(64);
    const variables = { SIM_PRESET: 'bench', SIM_CAPACITY_CONCURRENT: '5', SIM_RATE_LIMIT: '7' };
    expect(readStartOptions([], variables).knobs['capacity.concurrent']).toBe(5);
    const { knobs } = readStartOptions(['--rate.limit=9'], variables);
    expect(knobs).toMatchObject({ 'rate.limit': 9, 'capacity.concurrent': 5, 'latency.preset': '10m' });
  });

  test('from a change at run time last of all, until the start values are restored', async () => {
    const store = new KnobStore(readStartOptions(['--rate.limit=9'], {}).knobs);
    await store.patch({ 'rate.limit': 11 });
    expect(store.values['rate.limit']).toBe(11);
    await store.restore();
    expect(store.values['rate.limit']).toBe(9);
  });

  test.each([
    ['docs', {}],
    ['test', { 'latency.preset': 'off' }],
    ['bench', { 'latency.preset': '10m', 'capacity.concurrent': 64 }],
    ['hostile', { 'page.short_p': 0.05, 'rate.kind': 'fixed', 'cursor.ttl_ms': 30_000 }],
  ])('from the preset %s exactly what it is known for', (preset, expected) => {
    expect(readStartOptions([`--preset=${preset}`], {}).knobs).toMatchObject(expected);
  });

  test('the hostile preset strikes with one per cent of each kind of fault', () => {
    const { faults } = readStartOptions(['--preset=hostile'], {}).knobs;
    expect(new Set(faults.map((rule) => rule.do))).toEqual(new Set(Object.keys(faultParameters)));
    expect(faults.every((rule) => rule.p === 0.01)).toBe(true);
  });

  test('ports, hosts and every kind of value can be written as text', () => {
    const options = readStartOptions(
      [
        '--port=0',
        '--host=0.0.0.0',
        '--rate.burst=unset',
        '--data.exotic=true',
        '--auth.forbidden=["idx-shoppers"]',
        '--latency.table={"0":[1,2]}',
        '--headers.sunset=Sat, 31 Jul 2027 00:00:00 GMT',
        '--page.over_max=400',
        '--faults=[{"do":"close","times":1}]',
      ],
      { SIM_CONTROL_PORT: '5011', SIM_CONTROL_HOST: '::1', SIM_EXIT_WITH_STDIN: '1', PATH: '/bin' },
    );
    expect(options).toMatchObject({ port: 0, host: '0.0.0.0', controlPort: 5011, controlHost: '::1' });
    expect(options.exitWithStdin).toBe(true);
    expect(options.knobs).toMatchObject({
      'rate.burst': null,
      'data.exotic': true,
      'auth.forbidden': ['idx-shoppers'],
      'latency.table': { 0: [1, 2] },
      'page.over_max': '400',
      faults: [{ do: 'close', times: 1 }],
    });
  });

  test('every knob has a variable of its own', () => {
    const variables = knobNames.map((name) => `SIM_${name.toUpperCase().replaceAll('.', '_')}`);
    expect(new Set(variables).size).toBe(knobNames.length);
  });
});

describe('what a knob refuses', () => {
  test.each([
    [['--rate.limmit=3'], {}, /"rate.limmit" is not a knob; known are rate.kind/],
    [['--nonsense=3'], {}, /"nonsense" is not a knob/],
    [['--rate.limit'], {}, /is not a flag/],
    [['--preset=easy'], {}, /"easy" is not a preset; known are docs, test, bench, hostile/],
    [['--port=70000'], {}, /"port" must be a port/],
    [[], { SIM_RATE_LIMMIT: '3' }, /SIM_RATE_LIMMIT names no knob/],
    [[], { SIM_RATE_LIMIT: 'ten' }, /"rate.limit" must be a whole number/],
    [[], { SIM_FAULTS: '[{' }, /"faults" must be JSON/],
  ])('%j %j stops the start with a sentence', (args, environment, sentence) => {
    expect(() => readStartOptions(args, environment)).toThrow(sentence);
  });

  test.each([
    ['rate.kind', 'slidin'],
    ['rate.limit', 0],
    ['rate.limit', 1.5],
    ['rate.limit', '10'],
    ['rate.limit', null],
    ['rate.foreign_rps', -1],
    ['page.short_p', 1.1],
    ['page.trailing_empty', 'true'],
    ['data.columns', 12],
    ['data.rows', 1_000_001],
    ['data.seed', -1],
    ['auth.forbidden', 'idx-loyalty'],
    ['headers.extra', { 'bad name': 'x' }],
    ['headers.extra', { etag: 'a\r\nb: c' }],
    ['headers.deprecation', ''],
    ['latency.table', { 0: [5, 1] }],
    ['latency.table', {}],
    ['faults', [{ do: 'explode' }]],
    ['__proto__.x', 1],
  ])('%s = %j', (name, value) => {
    expect(() => checkKnobs({ [name]: value })).toThrow(JSON.stringify(name));
  });

  test('a change with one wrong value changes nothing', async () => {
    const store = new KnobStore(defaultKnobs());
    await expect(store.patch({ 'rate.limit': 5, 'rate.kind': 'none' })).rejects.toThrow('rate.kind');
    expect(store.values).toEqual(defaultKnobs());
  });

  test('text that is no number is not taken for one', () => {
    for (const text of ['', ' 1', '1e3', '0x10', 'NaN', 'true']) {
      expect(() => checkKnobText('rate.limit', text)).toThrow('whole number');
    }
  });
});

describe('what a fault rule refuses', () => {
  test.each([
    [{}, /\[0\].do must be one of status, malformed/],
    [{ do: 'status' }, /\[0\].status must be given/],
    [{ do: 'status', status: 99 }, /\[0\].status/],
    [{ do: 'hang', every_ms: 5 }, /\[0\].every_ms is not known here; known are .*stage/],
    [{ do: 'close', p: 2 }, /\[0\].p/],
    [{ do: 'close', times: 0 }, /\[0\].times/],
    [{ do: 'close', at: 'noon' }, /\[0\].at/],
    [{ do: 'close', match: { path: '/' } }, /\[0\].match.path/],
    [{ do: 'close', match: { route: 'profils' } }, /\[0\].match.route/],
    [{ do: 'redirect', status: 304 }, /\[0\].status/],
    [{ do: 'bomb', layers: 9 }, /\[0\].layers/],
    ['close', /\[0\] must be an object/],
  ])('%j', (rule, complaint) => {
    expect(() => acceptFaultRules([rule])).toThrow(complaint);
  });
});
