// Three projects, one runner: unit (no I/O beyond a temp folder), integration (real API server, bucket, tcpdump), e2e (real cluster).
const base = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: 'node',
};
const project = (name) => ({ ...base, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`] });

export default {
  // A last resort: every wait in a test has a limit of its own, and says what it waited for.
  testTimeout: 60_000,
  projects: ['unit', 'integration', 'e2e'].map(project),
};
