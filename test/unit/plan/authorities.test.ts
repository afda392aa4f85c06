import { expect, test } from '@jest/globals';
import { authoritiesOf } from '../../../src/plan/authorities.js';
import { credentialsOf, runSecretOf } from '../../../src/plan/destination.js';

/** Self-signed, of a test. */
const PEM = `-----BEGIN CERTIFICATE-----
MIIBkzCCATmgAwIBAgIUHkSQdmECwlFKA4U4UCqS+pBk/DAwCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTdW5pdC10ZXN0LWF1dGhvcml0eTAgFw0yNjExMjExMzQ5MDVa
GA8yMTI2MTAyODEzNDkwNVowHjEcMBoGA1UEAwwTdW5pdC10ZXN0LWF1dGhvcml0
eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPDePks9Ec9dTFJxm0aIYdPmK+TF
zNOPLarH4ek3m6s99kysL0ZMSU9afvG0wxhubasBhTbcGHtnx2JvfHdMmXyjUzBR
MB0GA1UdDgQWBBRsH9L49amj9WY+cEfENiBnQBosTDAfBgNVHSMEGDAWgBRsH9L4
9amj9WY+cEfENiBnQBosTDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gA
MEUCIEwoPreSbMD+ErkkU/HeZukjJbZLbC2izcIQ7JmdWMWNAiEAqCChGy4d2osF
gboE1Ls7tNjZ8cgQbvzDTSVOBoXvsj0=
-----END CERTIFICATE-----`;
const REF = { kind: 'ConfigMap', name: 'ca', key: 'ca.crt' } as const;
const configMap = (data: Record<string, string>) => ({ metadata: { name: 'ca', uid: 'u' }, data });
const of = (data: Record<string, string> | undefined) => authoritiesOf(REF, 'packetcapture-system', data && configMap(data));

test('without a reference the well-known authorities are trusted', () => expect(authoritiesOf(undefined, 'ns', undefined)).toEqual({}));

test('of a ConfigMap only its certificates are taken', () => {
  expect(of({ 'ca.crt': `# ours\n${PEM}\nnot this\n${PEM}` })).toEqual({ pem: `${PEM}\n${PEM}\n` });
});

test.each<[string, Record<string, string> | undefined, string, string]>([
  ['no ConfigMap', undefined, 'CANotFound', 'ConfigMap "packetcapture-system/ca" does not exist'],
  ['another key', { 'tls.crt': PEM }, 'CANotFound', 'has no key ca.crt, only tls.crt'],
  ['no certificate', { 'ca.crt': 'rubbish' }, 'InvalidCA', 'holds no PEM certificate'],
  ['a torn certificate', { 'ca.crt': `${PEM}\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----` }, 'InvalidCA', "certificate 2 of 2 in ca.crt can't be read"],
  ['more than is taken', { 'ca.crt': PEM.repeat(1000) }, 'InvalidCA', 'at most 262144 are taken'],
])('%s is said, with what to do', (_, data, reason, words) => {
  expect(of(data)).toMatchObject({ problem: { reason, message: expect.stringContaining(words) } });
});

test("go into the run's Secret beside the keys; without them no run begins", () => {
  const keys = credentialsOf('s3', 'ns', { metadata: { name: 's3', uid: 'u' }, data: { accessKeyId: 'YQ==', secretAccessKey: 'Yg==', more: 'eA==' } });
  expect(runSecretOf(keys, {}).data).toEqual({ accessKeyId: 'YQ==', secretAccessKey: 'Yg==' });
  expect(runSecretOf(keys, { pem: PEM }).data).toEqual({ accessKeyId: 'YQ==', secretAccessKey: 'Yg==', 'ca.crt': Buffer.from(PEM).toString('base64') });
  expect(runSecretOf(keys, { problem: { reason: 'InvalidCA', message: 'bad' } })).toEqual({ problem: 'bad' });
});
