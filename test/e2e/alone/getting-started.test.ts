// docs/getting-started.md, typed as it stands there. Alone: it uses the objects that the examples have, by their names.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CAPTURES, capture, waitComplete } from '../support/captures.js';
import { demoDestination, demoPods, DEMO_NAMESPACE } from '../support/demo.js';
import { kubectl } from '../support/kubectl.js';
import { missingLine, Shell, stepsOf } from '../support/pages.js';

/** What makes and ends the sandbox: the test runs in what it leaves. */
const SETS_UP = /^(?:apt-get|make demo|make demo-down|eval "\$\(hack\/sandbox\/sandbox env\)")/;
const steps = stepsOf(readFileSync('docs/getting-started.md', 'utf8'));
const typed = steps.filter(({ commands }) => !SETS_UP.test(commands));
const home = mkdtempSync(join(tmpdir(), 'getting-started-'));
const shell = new Shell(process.cwd(), { ...process.env, HOME: home, NODE_OPTIONS: '' });

/** What people begin with: what `make demo` leaves. */
beforeAll(async () => {
  await kubectl(['delete', 'namespace', 'shop', '--ignore-not-found', '--timeout=150s']);
  await demoPods();
  await demoDestination();
  await kubectl(['delete', CAPTURES, 'receiver-recorder', '-n', DEMO_NAMESPACE, '--ignore-not-found', '--timeout=100s']);
  if ((await capture(DEMO_NAMESPACE, 'receiver'))?.status?.phase !== 'Complete') await kubectl(['apply', '-f', 'examples/capture.yaml']);
  await waitComplete(DEMO_NAMESPACE, 'receiver');
}, 400_000);

afterAll(async () => {
  await kubectl(['delete', '-f', 'examples/flight-recorder.yaml', '--ignore-not-found', '--timeout=100s']);
  await kubectl(['delete', 'namespace', 'shop', '--ignore-not-found', '--wait=false']);
  rmSync(home, { recursive: true, force: true });
}, 150_000);

test('what a test does not type only makes and ends the sandbox', () => {
  const lines = steps.filter((step) => !typed.includes(step)).flatMap(({ commands }) => commands.trim().split('\n'));
  for (const line of lines) expect(line).toMatch(SETS_UP);
  expect(typed.length).toBeGreaterThan(lines.length);
});

test('this test would see a line that a command does not say, and takes other numbers for the same', () => {
  const said = 'first\nNAME   AGE\nweb-0    17s\n10:00:01.5 eth0  In  IP 10.1.2.3.80 > 10.1.2.4.99: Flags [S], length 0\n';
  for (const shown of ['NAME AGE\nweb-0 2m', '… IP 10.9.9.9.1 > 10.9.9.8.2: Flags …', 'first\nweb-0 3m20s']) expect([shown, missingLine(shown, said)]).toEqual([shown, undefined]);
  for (const shown of ['web-1s', 'web-0 17s\nNAME AGE', 'Flags [S]', '… UDP …', 'AGE']) expect([shown, missingLine(shown, said)]).toEqual([shown, expect.any(String)]);
});

describe('typed as it stands there', () => {
  test.each(typed.map((step, n) => [n + 1, step.heading, step] as const))('step %i, %s, ends well and says what the page shows', async (_number, _heading, { commands, shown }) => {
    const said = await shell.type(commands, 200_000);
    if (shown !== undefined) expect({ missing: missingLine(shown.replaceAll('/root/', `${home}/`), said), said }).toEqual({ missing: undefined, said });
    if (/tcpdump/.test(commands)) expect(said).toMatch(/ IP [\d.]+ > [\d.]+: |GET \//);
  }, 210_000);
});
