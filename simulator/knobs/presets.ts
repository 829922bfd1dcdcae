import { hostileFaults } from '../faults/hostile-faults.ts';
import { KnobProblem } from './knob-problem.ts';
import type { KnobValues } from './knob-table.ts';

const presets: Readonly<Record<string, Partial<KnobValues>>> = {
  docs: {},
  test: { 'latency.preset': 'off' },
  // 10 M rows answered 1000 requests a second at a p95 of 48 ms: about 48 calls at once; 64 leaves a margin.
  bench: { 'latency.preset': '10m', 'capacity.concurrent': 64 },
  hostile: {
    faults: hostileFaults,
    'page.short_p': 0.05,
    'cursor.ttl_ms': 30_000,
    'cursor.max_uses': 3,
    'rate.kind': 'fixed',
  },
};

/** Throws {@link KnobProblem} for a name that is not a preset. */
export function presetKnobs(name: string): Partial<KnobValues> {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) {
    throw new KnobProblem(
      `${JSON.stringify(name)} is not a preset; known are ${Object.keys(presets).join(', ')}`,
    );
  }
  return preset;
}
