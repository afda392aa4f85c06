import { expect, test } from '@jest/globals';
import { encryptionHeaders, knownEncryption } from '../../../../src/storage/s3/encryption.js';
import { createS3Store } from '../../../../src/storage/s3.js';

test.each([
  [undefined, {}],
  [{ type: 'SSES3' }, { 'x-amz-server-side-encryption': 'AES256' }],
  [{ type: 'SSEKMS' }, { 'x-amz-server-side-encryption': 'aws:kms' }],
  [{ type: 'SSEKMS', kmsKeyID: 'alias/captures' }, { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'alias/captures' }],
])('%j is asked for by %j', (encryption, headers) => expect(encryptionHeaders(encryption)).toEqual(headers));

test('an agent that does not know what it was asked for writes nothing at all', () => {
  expect(() => createS3Store({ region: 'us-east-1', bucket: 'b', addressing: 'Path', encryption: { type: 'SSEX' }, credentials: () => Promise.reject(new Error('unused')) })).toThrow('SSEX');
});

test.each([['AES256', true], ['aws:kms', true], ['aws:kms:dsse', true], ['AKSECRET', false], ['aws:KMS', false], [`aws:${'k'.repeat(40)}`, false], [undefined, false]])('%p of a store is repeated: %p', (value, isKnown) => {
  expect(knownEncryption(value)).toBe(isKnown ? value : undefined);
});
