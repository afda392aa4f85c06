// One runner: unit (no I/O beyond a temp folder), integration (real API server, bucket, tcpdump), e2e (real cluster, side by side),
// e2e-alone (real cluster, what others would notice).
const base = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: 'node',
};
const project = (name, match = `${name}/**`) => ({ ...base, displayName: name, testMatch: [`<rootDir>/test/${match}/*.test.ts`] });

export default {
  // A last resort: every wait in a test has a limit of its own, and says what it waited for.
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/hostile/reporter.mjs'],
  globalTeardown: '<rootDir>/test/leftovers.js',
  projects: [project('unit'), project('integration'), project('e2e', 'e2e'), project('e2e-alone', 'e2e/alone')],
};
