// The corpus of the rules on a real API server: it takes what the schema takes, and where it evaluates CEL it says what the stand-in of the unit tests says.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { API_VERSION } from '../../../src/api/group.js';
import { packetCaptureSpecSchema } from '../../../src/api/packetcapture.js';
import type { JSONSchema } from '../../../src/api/crd.js';
import { createKube } from '../../../src/kube/client.js';
import { isInvalid } from '../../../src/kube/errors.js';
import type { Kube } from '../../../src/kube/kube.js';
import { API_KIND, PACKET_CAPTURES } from '../../../src/api/kinds.js';
import { validator } from '../../unit/api/cel/api-server.js';
import { crdWithRules } from '../../unit/api/cel/committed.js';
import { CORPUS, type RawSpec } from '../../unit/api/rules-corpus.js';
import { startApiServer, type ApiServer } from '../api-server.js';
import { eventually } from '../eventually.js';

let apiServer: ApiServer;
let kube: Kube;
let evaluatesCEL: boolean;
beforeAll(async () => {
  apiServer = await startApiServer();
  kube = createKube(apiServer.kubeConfig, { userAgent: 'validation-test/1' });
  const { minor } = JSON.parse(await apiServer.kubectl(['get', '--raw', '/version'])) as { minor: string };
  evaluatesCEL = Number.parseInt(minor, 10) >= 30;
  if (evaluatesCEL) await apiServer.kubectl(['apply', '-f', '-'], JSON.stringify(crdWithRules()));
  else await apiServer.apply('crds');
  await eventually('captures are served', () => kube.list(PACKET_CAPTURES, 'default'));
}, 60_000);
afterAll(async () => {
  kube.close();
  await apiServer.stop();
}, 30_000);

const refusals = validator(crdWithRules().spec.versions[0].schema.openAPIV3Schema.properties?.['spec'] as JSONSchema, 'spec');

/** The messages of the rules in CEL that the spec breaks, or that the schema refuses it. */
function expected(raw: RawSpec): string[] | 'schema' {
  const parsed = packetCaptureSpecSchema.safeParse(raw);
  if (!parsed.success) return 'schema';
  return evaluatesCEL ? refusals(parsed.data).map(({ validation }) => validation.message) : [];
}

test('says of every spec what is expected', async () => {
  const apart: unknown[] = [];
  for (const [index, raw] of CORPUS.entries()) {
    const name = `capture-${index}`;
    const refusal = await kube
      .create(PACKET_CAPTURES, 'default', { apiVersion: API_VERSION, kind: API_KIND.capture, metadata: { name, namespace: 'default' }, spec: raw })
      .then(() => undefined, (error: Error) => error);
    if (refusal !== undefined && !isInvalid(refusal)) throw refusal;
    // What an API server 1.20 says of an empty string.
    if (refusal?.message.includes('in body must be of type string: "null"')) continue;
    const should = expected(raw);
    const agrees = should === 'schema' ? refusal !== undefined : should.length === 0 ? refusal === undefined : should.every((message) => refusal?.message.includes(message));
    if (!agrees) apart.push({ raw, should, refusal: refusal?.message });
  }
  expect(apart).toEqual([]);
}, 120_000);
