import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { askedBy } from '../../../../src/agent/live/requests.js';
import { mayRead } from '../../../../src/agent/live/token.js';

const token = 'f'.repeat(64);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const asked = (url: string, headers: object = {}, method = 'GET') => askedBy({ method, url, headers: { authorization: `Bearer ${token}`, ...headers } }, sha256(token));

describe('a request', () => {
  test('asks for the targets, or for the stream of one', () => {
    expect(asked('/v1/targets')).toEqual({ list: true });
    expect(asked('/v1/targets/web-0_ab')).toEqual({ target: 'web-0_ab', from: 'now' });
    expect(asked('/v1/targets/web-0_ab?from=start')).toEqual({ target: 'web-0_ab', from: 'start' });
  });

  test.each(['POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('by %s is none', (method) => {
    expect(asked('/v1/targets', {}, method)).toEqual({ status: 405 });
  });

  test('is refused where it has a body, or asks for what there is not', () => {
    expect(asked('/v1/targets', { 'content-length': '5' })).toEqual({ status: 400 });
    expect(asked('/v1/targets', { 'content-length': '0' })).toEqual({ list: true });
    expect(asked('/v1/targets/x?from=yesterday')).toEqual({ status: 400 });
    expect(asked('/')).toEqual({ status: 404 });
    expect(asked('/v1/targetsx')).toEqual({ status: 404 });
  });
});

describe('hostile: live', () => {
  test.each([
    ['none', undefined],
    ['an empty one', 'Bearer '],
    ['the hash itself', `Bearer ${sha256(token)}`],
    ['another one', `Bearer ${'e'.repeat(64)}`],
    ['the right one and more', `Bearer ${token}0`],
    ['half of it', `Bearer ${token.slice(32)}`],
    ['two of them', `Bearer ${token} ${token}`],
    ['the right one of another scheme', `Basic ${token}`],
    ['a NUL in it', `Bearer ${token}\0`],
    ['a megabyte', `Bearer ${'f'.repeat(2 ** 20)}`],
  ])('a request with %s for a token → 401, whatever it asks for', (_what, authorization) => {
    for (const url of ['/v1/targets', '/v1/targets/x', '/', '*', '']) for (const method of ['GET', 'POST']) expect(askedBy({ method, url, headers: { ...(authorization !== undefined && { authorization }) } }, sha256(token))).toEqual({ status: 401 });
  });

  test.each(['', 'x', 'password', 'f'.repeat(31)])('a session whose token is %j, that its hash gives away → nobody may read', (weak) => {
    expect(mayRead(`Bearer ${weak}`, sha256(weak))).toBe(false);
  });

  test.each(['', '0'.repeat(63), `${'0'.repeat(64)}\n`, 'g'.repeat(64), '__proto__'])('control that carries %j for a hash → nobody may read', (hash) => {
    expect(mayRead(`Bearer ${token}`, hash)).toBe(false);
    expect(mayRead(undefined, hash)).toBe(false);
  });

  test.each(['/v1/targets/../../etc/passwd', '/v1/targets/..', '/v1/targets/%2e%2e', '/v1/targets/a/../b', '//v1/targets', 'http://x/v1/targets', '/v1/targets/%00'])('a path %j → is a name that no target has, or no path', (url) => {
    const answer = asked(url);
    expect('target' in answer ? /[/%]|^\.\.$/.test(answer.target) : answer).toEqual('target' in answer ? true : { status: 404 });
  });
});
