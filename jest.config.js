/**
 * Tests whose names end in `.timed.test.ts` measure arrivals, rates or waits of real processes: they are the project
 * `timed`, which runs one file after another, alone on the machine. All others may run beside each other.
 *
 * `fast`: logic alone, in seconds. `simulator`: the self-tests of the simulated Amperity. `redis`: against real Redis
 * servers, which the tests start, freeze and kill. `gateway`: real gateways, one or a fleet, in front of the simulator.
 */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

const project = (displayName, folders, more = {}) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/test/${folders}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', '\\.timed\\.test\\.ts$'],
  ...more,
});

/** What is tested is what is shipped. */
const compiled = { globalSetup: '<rootDir>/test/support/build-gateway.ts' };

export default {
  testTimeout: 30_000,
  projects: [
    project('fast', '{unit,contract,architecture}'),
    project('simulator', 'simulator'),
    project('redis', 'redis'),
    project('gateway', '{gateway,chaos}', compiled),
    {
      ...shared,
      ...compiled,
      displayName: 'timed',
      testMatch: ['<rootDir>/test/**/*.timed.test.ts'],
    },
  ],
};
