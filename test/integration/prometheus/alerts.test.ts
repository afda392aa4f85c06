// The alert rules, as promtool judges them: each in its own fault and at its bounds, none in a neighbour's, in an upgrade, or where nothing is wrong.
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ALERTS } from '../../../hack/alerts/alerts.js';
import { disagreement, promtool } from './alerts/promtool.js';
import { FAULTS, NO_FAULTS } from './alerts/scenarios.js';

const FILE = 'examples/prometheus/packetcapture.rules.yml';
const rules = readFileSync(FILE, 'utf8');

test('promtool finds nothing wrong with the rule file', async () => {
  expect(await promtool(['check', 'rules', FILE])).toBe('');
});

test('each alert has its faults', () => {
  expect(Object.keys(FAULTS).sort()).toEqual(ALERTS.map(({ name }) => name).sort());
});

test.each(Object.entries(FAULTS))('%s fires in its own fault, and no other does', async (name, scenarios) => {
  expect(scenarios.flatMap(({ fires }) => Object.values(fires).flat())).toContain(name);
  expect(await disagreement(rules, scenarios)).toBe('');
});

test.each(NO_FAULTS.map((scenario) => [scenario.title, scenario] as const))('where %s', async (_, scenario) => {
  expect(await disagreement(rules, [scenario])).toBe('');
});
