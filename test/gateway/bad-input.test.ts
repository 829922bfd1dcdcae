import { expect, test } from '@jest/globals';
import { BadInput, GATEWAY, KNOBS } from '../support/bad-input/bad-input.ts';
import { stage } from '../support/stage.ts';

const REQUESTS = 2000;

const scene = stage(KNOBS);

test('input that is wrong in every way passes nothing on, gives nothing away and breaks nothing', async () => {
  const gateway = await scene.start(GATEWAY);
  const run = await BadInput.against(gateway, scene.simulator, 1);
  run.startSlowCallers(1);
  await run.everyMalformed();
  await run.generated(REQUESTS);
  await run.end();
  const { findings, tally } = run.judge;
  expect(findings.lines()).toEqual([]);
  expect(tally.requests).toBeGreaterThanOrEqual(REQUESTS);
  expect(tally.withKey).toBeGreaterThanOrEqual(tally.requests / 2);
  // Else the generators would have been refused at the first door.
  for (const status of [200, 400, 401, 403, 404, 414, 431]) {
    expect([status, tally.of(status) > 0]).toEqual([status, true]);
  }
}, 90_000);
