import { Catalogue, tenants } from './data/catalogue.ts';
import type { KnobValues } from './knobs/knob-table.ts';

const ROWS = 6000;

/**
 * Makes profiles that nobody asked for, in a catalogue that is thrown away. The first page of 1000 otherwise
 * meets code that is not compiled yet and stalls the event loop for 20 ms or more, which spoils a measurement.
 */
export function warmUp(knobs: KnobValues): void {
  const table = new Catalogue({ ...knobs, 'data.rows': ROWS }).find(tenants[0] ?? '', 'idx-loyalty');
  for (let row = 1; row <= ROWS; row++) table?.json(row);
}
