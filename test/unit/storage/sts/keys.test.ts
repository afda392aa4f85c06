import { expect, test } from '@jest/globals';
import { StorageError } from '../../../../src/storage/errors.js';
import { temporaryKeys } from '../../../../src/storage/sts/keys.js';

const ANSWER = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <SubjectFromWebIdentityToken>system:serviceaccount:packetcapture-jobs:uploader</SubjectFromWebIdentityToken>
  <Credentials>
    <AccessKeyId>ASIAEXAMPLE</AccessKeyId>
    <SecretAccessKey>wJalr/Utn+FEMI=</SecretAccessKey>
    <SessionToken>AQoDYXdzEE0a8ANX+/==</SessionToken>
    <Expiration>2026-11-21T21:00:00Z</Expiration>
  </Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

test('reads the keys and when they end', () => {
  expect(temporaryKeys(ANSWER, 'sts')).toEqual({
    credentials: { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'wJalr/Utn+FEMI=', sessionToken: 'AQoDYXdzEE0a8ANX+/==' },
    expirationMs: Date.parse('2026-11-21T21:00:00Z'),
  });
});

test.each([
  ['is a page', '<html>Welcome</html>', 'has no Credentials; is that a token service?'],
  ['is empty', '', 'has no Credentials'],
  ['was cut off', ANSWER.slice(0, 400), 'has no Credentials'],
  ['lacks the session token, so that the keys would not be temporary', ANSWER.replace(/<SessionToken>.*<\/SessionToken>/, ''), 'has no SessionToken'],
  ['has an empty key', ANSWER.replace('ASIAEXAMPLE', ''), 'has a AccessKeyId that none can be'],
  ['hides a header in a key', ANSWER.replace('ASIAEXAMPLE', 'ASIA&#13;&#10;x-evil: 1'), 'has a AccessKeyId that none can be'],
  ['hides a header in the token', ANSWER.replace('AQoDYXdzEE0a8ANX', 'AQ&#xd;&#xa;x-evil:1'), 'has a SessionToken that none can be'],
  ['has a token without end', ANSWER.replace('AQoDYXdzEE0a8ANX', 'A'.repeat(20_000)), 'has a SessionToken that none can be'],
  ['does not say when the keys end', ANSWER.replace('2026-11-21T21:00:00Z', 'never'), 'does not say when the keys expire'],
])('an answer that %s is refused, and shows nothing of itself', (_, xml, message) => {
  const attempt = () => temporaryKeys(xml, 'sts');
  expect(attempt).toThrow(StorageError);
  expect(attempt).toThrow(message);
  expect(attempt).not.toThrow(/ASIA|wJalr|AQo|evil/);
});
