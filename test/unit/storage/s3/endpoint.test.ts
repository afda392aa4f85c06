import { expect, test } from '@jest/globals';
import { endpointOf } from '../../../../src/storage/s3/endpoint.js';

test.each([
  ['http://s3.storage.svc', 'us-east-1', { host: 's3.storage.svc', port: 80, secure: false }],
  ['https://s3.storage.svc/', 'us-east-1', { host: 's3.storage.svc', port: 443, secure: true }],
  ['http://10.0.0.1:7480', 'us-east-1', { host: '10.0.0.1', port: 7480, secure: false }],
  ['http://[fd00::1]:9000', 'us-east-1', { host: 'fd00::1', port: 9000, secure: false }],
  [undefined, 'eu-central-1', { host: 's3.eu-central-1.amazonaws.com', port: 443, secure: true }],
  [undefined, 'cn-north-1', { host: 's3.cn-north-1.amazonaws.com.cn', port: 443, secure: true }],
  [undefined, 'xx-new-9', { host: 's3.xx-new-9.amazonaws.com', port: 443, secure: true }],
])('%p in %s is %p', (endpoint, region, expected) => {
  expect(endpointOf({ endpoint, region })).toEqual(expected);
});

test.each(['s3.example.com', 'ftp://s3', 'http://user:pw@s3', 'http://s3/path', 'http://s3/?a=b', ''])('%p is refused with the fix', (endpoint) => {
  expect(() => endpointOf({ endpoint, region: 'us-east-1' })).toThrow('use "https://s3.example.com:9000"');
  expect(() => endpointOf({ endpoint, region: 'us-east-1' })).not.toThrow('pw');
});
