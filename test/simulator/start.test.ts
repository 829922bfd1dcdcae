import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { type SimulatorHandle, spawnSimulator } from '../../simulator/client.ts';
import { call } from './support/call.ts';

/** Runs `simulator/main.ts` to its end and tells how it ended. */
async function run(flags: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'simulator/main.ts', ...flags], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe('starting and stopping', () => {
  test('the presets start, answer on the ports they name, and stop at once with exit code 0', async () => {
    const presets = ['docs', 'test', 'bench', 'hostile'];
    const started = await Promise.all(presets.map((preset) => spawnSimulator({ preset })));
    for (const simulator of started) {
      expect(simulator.dataUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api$/);
      expect((await call(simulator.controlUrl, '/healthz')).json()).toEqual({ status: 'ok' });
      expect((await call(simulator.dataUrl, '/nowhere')).status).toBe(404);
    }
    expect(await Promise.all(started.map((simulator) => simulator.stop()))).toEqual([0, 0, 0, 0]);
    await expect(call(started[0]?.dataUrl ?? '', '/indexes')).rejects.toThrow('ECONNREFUSED');
  });

  test('a typing error stops the start with one sentence and exit code 78', async () => {
    const [flag, variable] = await Promise.all([
      run(['--rate.limit=ten']),
      run(['--port=0'], { SIM_RATE_LIMMIT: '1' }),
    ]);
    expect(flag).toEqual({
      code: 78,
      stdout: '',
      stderr: 'simulator: "rate.limit" must be a whole number from 1 to 1000000\n',
    });
    expect(variable.code).toBe(78);
    expect(variable.stderr.trim().split('\n')).toHaveLength(1);
    await expect(spawnSimulator({ 'rate.kind': 'maybe' })).rejects.toThrow('must be one of sliding, fixed');
  });

  test('a taken port is told in one sentence that says what to do, with exit code 1', async () => {
    const holder: SimulatorHandle = await spawnSimulator({ preset: 'test' });
    const taken = new URL(holder.dataUrl).port;
    const { code, stderr } = await run([`--port=${taken}`, '--control-port=0']);
    await holder.stop();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `simulator: port ${taken} is taken; stop what listens there, or choose others with --port=0 --control-port=0\n`,
    );
  });

  test('it ends with its parent when asked to watch its standard input', async () => {
    const { code, stdout } = await run(['--port=0', '--control-port=0'], { SIM_EXIT_WITH_STDIN: '1' });
    expect(code).toBe(0);
    expect(Object.keys(JSON.parse(stdout))).toEqual(['simulator', 'data', 'control']);
  });
});
