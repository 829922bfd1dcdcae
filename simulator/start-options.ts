import { KnobProblem } from './knobs/knob-problem.ts';
import { checkKnobText, defaultKnobs } from './knobs/knob-store.ts';
import { type KnobValues, knobNames } from './knobs/knob-table.ts';
import { presetKnobs } from './knobs/presets.ts';

export interface StartOptions {
  readonly host: string;
  readonly port: number;
  readonly controlHost: string;
  readonly controlPort: number;
  readonly exitWithStdin: boolean;
  readonly knobs: KnobValues;
}

/** Environment name of each setting that is not a knob; the flag is `--port`, `--control-port` and so on. */
const placeNames: Readonly<Record<string, string>> = {
  SIM_HOST: 'host',
  SIM_PORT: 'port',
  SIM_CONTROL_HOST: 'control-host',
  SIM_CONTROL_PORT: 'control-port',
  SIM_PRESET: 'preset',
};
const flagNames = new Set(Object.values(placeNames));
const knobByVariable = new Map(
  knobNames.map((name) => [`SIM_${name.toUpperCase().replaceAll('.', '_')}`, name]),
);

/** Precedence: default, preset, environment, flag. Throws {@link KnobProblem} for anything unknown. */
export function readStartOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StartOptions {
  const flags = readFlags(args);
  const variables = readEnvironment(environment);
  const places = { ...variables.places, ...flags.places };
  const preset = presetKnobs(places.preset ?? 'docs');
  return {
    host: places.host ?? '127.0.0.1',
    port: readPort(places.port ?? '4010', 'port'),
    controlHost: places['control-host'] ?? '127.0.0.1',
    controlPort: readPort(places['control-port'] ?? '4011', 'control-port'),
    exitWithStdin: environment.SIM_EXIT_WITH_STDIN === '1',
    knobs: { ...defaultKnobs(), ...preset, ...variables.knobs, ...flags.knobs },
  };
}

interface Layer {
  readonly places: Record<string, string>;
  readonly knobs: Partial<KnobValues>;
}

function readFlags(args: readonly string[]): Layer {
  const layer: Layer = { places: {}, knobs: {} };
  for (const arg of args) {
    const [, name, text] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name === undefined || text === undefined) {
      throw new KnobProblem(
        `${JSON.stringify(arg)} is not a flag; flags are written --port=4010 or --rate.limit=10`,
      );
    }
    if (flagNames.has(name)) layer.places[name] = text;
    else Object.assign(layer.knobs, checkKnobText(name, text));
  }
  return layer;
}

function readEnvironment(environment: Readonly<Record<string, string | undefined>>): Layer {
  const layer: Layer = { places: {}, knobs: {} };
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('SIM_') || variable === 'SIM_EXIT_WITH_STDIN' || text === undefined) continue;
    const place = placeNames[variable];
    const knob = knobByVariable.get(variable);
    if (place !== undefined) layer.places[place] = text;
    else if (knob !== undefined) Object.assign(layer.knobs, checkKnobText(knob, text));
    else throw new KnobProblem(`the environment variable ${variable} names no knob of the simulator`);
  }
  return layer;
}

function readPort(text: string, name: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new KnobProblem(`${JSON.stringify(name)} must be a port from 0 to 65535 (0 picks a free one)`);
  }
  return Number(text);
}
