/**
 * `fast`: logic alone, in seconds. `simulator`: the self-tests of the simulated Amperity. `redis`: against real Redis
 * servers, which the tests start, freeze and kill. `chaos`: three gateways over one of them. `timed`: real processes
 * whose arrivals and waits are measured, one file after another, alone on the machine.
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

export default {
  testTimeout: 30_000,
  projects: [
    {
      ...shared,
      displayName: 'fast',
      testMatch: ['<rootDir>/test/{unit,contract,architecture}/**/*.test.ts'],
    },
    { ...shared, displayName: 'simulator', testMatch: ['<rootDir>/test/simulator/**/*.test.ts'] },
    { ...shared, displayName: 'redis', testMatch: ['<rootDir>/test/redis/**/*.test.ts'] },
    { ...shared, displayName: 'chaos', testMatch: ['<rootDir>/test/chaos/**/*.test.ts'] },
    { ...shared, displayName: 'timed', testMatch: ['<rootDir>/test/gateway/**/*.test.ts'] },
  ],
};
