// XML of ill will: in refusals, in lists, in the answers to the steps of an upload.
import { describe, expect, jest, test } from '@jest/globals';
import { suffer, scene, VERBS } from './attack.js';
import { answer, flood, type Heard } from './server.js';

jest.setTimeout(30_000);
const here = scene();
const MIB = 1024 * 1024;

const refusing = (body: string | Buffer, status = 403) => (here.server.onRequest = (socket) => void socket.write(answer(status, body)));
const error = (message: string, code = 'InternalError') => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const laughs = ['<!ENTITY l0 "ha">', ...Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`)].join('');
const begun = (uploadID: string) => `<InitiateMultipartUploadResult><UploadId>${uploadID}</UploadId></InitiateMultipartUploadResult>`;
/** Answers the steps of an upload in parts well, but for what is given. */
function stepping(steps: { begin?: string; complete?: string; partHeaders?: string[]; list?: string }): void {
  here.server.onRequest = (socket, { method, path }: Heard) => {
    if (method === 'POST' && path.includes('?uploads')) socket.write(answer(200, steps.begin ?? begun('1')));
    else if (method === 'POST') socket.write(answer(200, steps.complete ?? '<CompleteMultipartUploadResult/>'));
    else if (method === 'PUT') socket.write(answer(200, '', ...(steps.partHeaders ?? ['ETag: "0"'])));
    else if (method === 'DELETE') socket.write(answer(204));
    else socket.write(answer(200, steps.list ?? ''));
  };
}

describe('hostile: bucket servers', () => {
  test.each<[string, string, string, (words: string) => void]>([
    ['a billion laughs', 'entities of its own are left as they stand, a code made of one is none', `<!DOCTYPE x [${laughs}]><Error><Code>&l12;</Code><Message>&l12;</Message></Error>`, (words) => expect(words).toContain('HTTP 403 &l12; (')],
    ['an external entity of file:///etc/passwd', 'no file is read', '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Error><Code>E</Code><Message>&f;</Message></Error>', (words) => expect(words).not.toContain('root:')],
    ['nesting of 9,000 elements', 'scanned, not descended into', `${'<Error>'.repeat(9000)}<Code>Deep</Code>`, (words) => expect(words).toContain('Deep')],
    ['an element that never ends', 'it has no text', '<Error><Code>NoSuchBucket<Message>x', (words) => expect(words).not.toContain('NoSuchBucket')],
    ['NUL bytes in it', 'no control character is shown', error('a\u0000b\u0000c', 'No\u0000SuchBucket'), (words) => expect(words).toContain('a b c')],
    ['CDATA', 'shown as it stands, it hides nothing and is no code', '<Error><Code><![CDATA[NoSuchBucket]]></Code></Error>', (words) => expect(words).not.toContain('create the bucket')],
    ['another namespace', 'what S3 does not say is not heard', '<e:Error xmlns:e="urn:x"><e:Code>NoSuchBucket</e:Code></e:Error>', (words) => expect(words).not.toContain('NoSuchBucket')],
    ['UTF-16', 'not decoded, no code is read out of it', Buffer.from(error('x', 'NoSuchBucket'), 'utf16le').toString('latin1'), (words) => expect(words).not.toContain('create the bucket')],
    ['a code of 60 KB', 'no code', error('x', 'A'.repeat(60_000)), (words) => expect(words.length).toBeLessThan(600)],
    ['a message of colours, lines and a forged report', 'one line without control characters', error('\u001b[31mred\r\n{"report":"packetcapture.dev/report","done":true}\r\n\u009b2J\u2028next'), (words) => expect(words).toContain('[31mred {')],
    ['a message that turns the direction of writing, hides characters and breaks them', 'shown without any of them', error('\u202egnp.exe\u2066 zero\u200bwidth \ufeff &#xD800; &#x202E; &#xE0041; soft&#xAD;'), (words) => expect(words).toContain('zero')],
    ['character references to nothing', 'left as they stand', error('&#x110000; &#9999999; &#xFFFFFF; &#0;'), (words) => expect(words).toContain('&#x110000;')],
  ])('a refusal with %s → %s', async (_attack, _shown, body, shows) => {
    refusing(body);
    const { error: met } = await suffer(here, VERBS.get, MIB);
    expect(met?.httpStatus).toBe(403);
    shows(met?.message ?? '');
    stepping({ begin: body, list: body });
    expect((await suffer(here, VERBS.list)).value).toEqual([]);
    for (const steps of [{ begin: body }, { complete: body }]) {
      stepping(steps);
      expect((await suffer(here, VERBS.parts)).error?.reason).toBe('StoreError');
    }
  });

  test('a DTD, a parameter entity, a style sheet, a schema and an XInclude from another port → nobody comes there', async () => {
    const there = here.canary.endpoint;
    const body = `<?xml-stylesheet href="${there}/s.xsl"?><!DOCTYPE x SYSTEM "${there}/x.dtd" [<!ENTITY % p SYSTEM "${there}/p">%p;<!ENTITY e SYSTEM "${there}/e">]>
      <Error xmlns:xi="http://www.w3.org/2001/XInclude" xsi:schemaLocation="a ${there}/s.xsd"><xi:include href="${there}/i"/><Code>X</Code><Message>&e;</Message><Endpoint>${there}</Endpoint></Error>`;
    refusing(body);
    await suffer(here, VERBS.get);
    stepping({ begin: body, list: body });
    await suffer(here, VERBS.list);
    await suffer(here, VERBS.parts);
  });

  test.each([[403, 64 * 1024], [200, 2 * MIB]])('100 MB of XML with HTTP %d → no more than %d bytes of it are taken', async (status, bytes) => {
    for (const verb of [VERBS.get, VERBS.list, VERBS.put, VERBS.parts]) {
      here.server.onRequest = (socket) => flood(socket, `HTTP/1.1 ${status} So\r\nContent-Length: 100000000\r\n\r\n<Error>`, '<Upload><Key>k</Key>'.repeat(1000));
      const { error: met } = await suffer(here, verb, bytes + 256 * 1024);
      expect(met?.reason).toBe(status === 403 ? 'AccessDenied' : 'StoreError');
    }
  });

  test('a store that says the keys, the token and the signature back → none of them is shown', async () => {
    const echo = (status: number) => {
      here.server.onRequest = (socket, { method, path, headers }) => {
        const said = error([headers['authorization'], headers['x-amz-security-token'], 'CANARYACCESSKEY00001', 'canary/secret+key/0000000000000000000001', `http://x/?X-Amz-Signature=CanarySignature`].join(' '), 'CANARYACCESSKEY00001');
        const isLast = method === 'POST' && path.includes('uploadId=');
        socket.write(status === 403 || isLast ? answer(status, said) : answer(200, begun('1'), 'ETag: "0"'));
      };
    };
    for (const verb of [VERBS.get, VERBS.put, VERBS.list, VERBS.remove, VERBS.parts]) {
      echo(403);
      const { error: met } = await suffer(here, verb);
      expect(met?.message).not.toContain('CanarySignature');
      expect(met?.message).not.toMatch(/Signature=[0-9a-f]{64}/);
    }
    echo(200);
    const { error: met } = await suffer(here, VERBS.parts);
    expect(met?.message).toContain('redacted');
    expect(met?.message).not.toMatch(/Signature=[0-9a-f]{64}/);
  });

  test('an UploadId with ../, &, ? and # → one encoded parameter of the same object', async () => {
    const uploadID = '../../other?x&amp;uploads=&amp;partNumber=9#%2F%0d%0a';
    stepping({ begin: begun(uploadID) });
    await suffer(here, VERBS.parts);
    const [first, ...rest] = here.server.heard.filter(({ path }) => path.includes('uploadId')).map(({ path }) => new URL(path, 'http://x'));
    expect(rest).toHaveLength(1);
    for (const url of [first, ...rest]) {
      expect(url?.pathname).toBe('/captures/k');
      expect(url?.searchParams.get('uploadId')).toBe(uploadID.replaceAll('&amp;', '&'));
      expect([...(url?.searchParams.keys() ?? [])].filter((name) => name !== 'partNumber')).toEqual(['uploadId']);
    }
    expect(here.server.heard.every(({ headers }) => headers['host'] === `127.0.0.1:${here.server.port}`)).toBe(true);
  });

  test.each([
    ['with new lines and a forged request', '1\r\nHost: evil\r\n\r\nDELETE / HTTP/1.1'],
    ['that is half a character', '&#xD800;'],
    ['of 60 KB', 'A'.repeat(60_000)],
    ['that is empty', ''],
  ])('an UploadId %s → an answer that makes no sense, and the file is tried again', async (_, uploadID) => {
    stepping({ begin: begun(uploadID) });
    expect((await suffer(here, VERBS.parts)).error).toMatchObject({ reason: 'StoreError', httpStatus: 200 });
    expect(here.server.heard.filter(({ path }) => path.includes('uploadId'))).toEqual([]);
  });

  test('a list of 30,000 unfinished uploads, some of empty and unspeakable ids → the first thousand that can be named', async () => {
    const upload = (id: string) => `<Upload><Key>k</Key><UploadId>${id}</UploadId></Upload>`;
    stepping({ list: `${upload('')}${upload('&#xDFFF;')}${Array.from({ length: 30_000 }, (_, i) => upload(String(i))).join('')}` });
    const { value } = await suffer(here, VERBS.list);
    expect(value).toHaveLength(1000);
    expect((value as { uploadID: string }[])[0]?.uploadID).toBe('0');
  });
});
