import { describe, expect, test } from '@jest/globals';
import { RunFiles } from '../../../../src/plan/downloads/files.js';
import type { ManifestFile } from '../../../../src/protocol/manifest.js';
import { aFile } from './builders.js';

const RUN = 'clusters/prod/shop/web/20261120T030512Z-1a2b3c/';
const file = (sequence: number, rest: Partial<ManifestFile> = {}): ManifestFile => aFile(RUN, sequence, rest);
const reported = ({ key = '', target, size, sha256 = '' }: ManifestFile) => ({ key, target, size, sha256, packets: 1 });
const named = (files: RunFiles): string[] => files.inOrder().map(({ target, attempt, sequence }) => `${target.slice(0, 5)} ${attempt} ${sequence}`);

test('files stand by target, attempt and sequence, as numbers, in whatever order they come', () => {
  const files = new RunFiles(RUN);
  files.add([file(10), file(2), file(1, { target: 'web-1_1a2b3c4d' }), file(3, { attempt: 2 }), file(1_000_000)], 2);
  expect(named(files)).toEqual(['web-0 1 2', 'web-0 1 10', 'web-0 1 1000000', 'web-0 2 3', 'web-1 1 1']);
});

test('only what is uploaded counts', () => {
  const files = new RunFiles(RUN);
  const { key: _none, ...unsent } = file(4, { state: 'pending' });
  files.add([file(1), file(2, { state: 'pending' }), file(3, { state: 'discarded', reason: 'SpoolFull' }), unsent], 1);
  expect(named(files)).toEqual(['web-0 1 1']);
});

test.each([['older first', [1, 2]], ['newer first', [2, 1]]])('of two manifests with one key that of the higher attempt counts, %s', (_how, order) => {
  const files = new RunFiles(RUN);
  const said: Record<number, ManifestFile[]> = { 1: [file(1, { state: 'pending', size: 1 }), file(2, { size: 1 })], 2: [file(1, { size: 2 }), file(2, { state: 'discarded', size: 2 })] };
  for (const by of order) files.add(said[by] ?? [], by);
  expect(files.inOrder()).toMatchObject([{ sequence: 1, size: 2 }]);
});

test('while a run lasts, what agents say is uploaded stands beside what manifests say, each key once', () => {
  const files = new RunFiles(RUN);
  files.add([file(1), file(2, { state: 'pending' })], 1);
  files.addReported([reported(file(1, { size: 7 })), reported(file(2)), reported(file(3)), reported(file(3))]);
  expect(files.inOrder()).toMatchObject([{ sequence: 1, size: 100 }, { sequence: 2, sha256: file(2).sha256 }, { sequence: 3 }]);
});

describe('hostile: key', () => {
  const OTHERS = [
    'clusters/prod/bank/ledger/20261120T030512Z-1a2b3c/web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap',
    'clusters/prod/shop/web/20261120T030512Z-ffffff/web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap',
    `${RUN}../../../bank/ledger/01-000001_20261120T030512Z.pcap`,
    `${RUN}../web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap`,
    `${RUN}web-0_1a2b3c4d/../../x_1a2b3c4d/01-000001_20261120T030512Z.pcap`,
    `${RUN}web-0_1a2b3c4d//01-000001_20261120T030512Z.pcap`,
    `${RUN}%2e%2e_1a2b3c4d/01-000001_20261120T030512Z.pcap`,
    `${RUN}.._1a2b3c4d/01-000001_20261120T030512Z.pcap`,
    `/${RUN}web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap`,
    `${RUN}web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap?versionId=1`,
    `${RUN}web-0_1a2b3c4d/01-000001_20261120T030512Z.pcap\n`,
    `${RUN}manifest/node-a-01.json`,
    RUN,
    '',
  ];

  test.each(OTHERS)('a manifest that names %j → no URL is made of it, and it is counted', (key) => {
    const files = new RunFiles(RUN);
    files.add([{ ...file(1), key }], 1);
    files.addReported([{ ...reported(file(1)), key }]);
    expect([files.inOrder(), files.refused]).toEqual([[], 2]);
  });

  test.each<[string, Partial<ManifestFile>]>([['another target', { target: 'web-1_1a2b3c4d' }], ['another attempt', { attempt: 2 }], ['another sequence', { sequence: 2 }]])('a manifest whose entry says %s than its key → left out', (_what, lie) => {
    const files = new RunFiles(RUN);
    files.add([{ ...file(1), ...lie, key: file(1).key ?? '' }], 1);
    expect([files.inOrder(), files.refused]).toEqual([[], 1]);
  });
});
