// What of a Debian system comes into the image: what was asked for, what that loads and the licences of both; nothing else.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

interface Part {
  programs: string[];
  packages: string[];
  files: string[];
  leftOut: RegExp;
}
interface Packages {
  ownerOf(file: string): string | undefined;
  filesOf(name: string): string[];
  statusOf(name: string): string;
}
const moduleOf = (name: string): Promise<unknown> => import(new URL(`../../../hack/build/${name}`, import.meta.url).href);
const { debianPackages } = (await moduleOf('system-packages.mjs')) as { debianPackages: (root?: string) => Packages };
const { copySystem } = (await moduleOf('system-root.mjs')) as { copySystem: (folder: string, part: Part) => string[] };

const made: string[] = [];
function folder(): string {
  const name = mkdtempSync(join(tmpdir(), 'system-'));
  made.push(name);
  return name;
}
afterAll(() => {
  for (const name of made) rmSync(name, { recursive: true, force: true });
});

const NOTHING = { programs: [], packages: [], files: [], leftOut: /^$/ };
const filesIn = (root: string): string[] => execFileSync('find', [root, '-not', '-type', 'd', '-printf', '/%P\n'], { encoding: 'utf8' }).trim().split('\n');

describe('a part of this system', () => {
  let root: string;
  let packages: string[];
  beforeAll(() => {
    root = folder();
    packages = copySystem(root, { programs: ['gzip', 'sed'], packages: ['dash'], files: ['/etc/passwd', '/lib64'], leftOut: /^\/usr\/share\// });
  });

  test('has each program with every library that it loads, where the loader looks for them', () => {
    for (const program of ['gzip', 'sed']) {
      const libraries = [...execFileSync('ldd', [execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim()], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(([, library = '']) => library);
      expect(libraries.length).toBeGreaterThan(1);
      for (const library of libraries) expect(existsSync(join(root, execFileSync('realpath', [library], { encoding: 'utf8' }).trim()))).toBe(true);
    }
  });

  test('has links as links, and what they lead to', () => {
    expect(readlinkSync(join(root, 'usr/bin/sh'))).toBe('dash');
    expect(existsSync(join(root, 'usr/bin/dash'))).toBe(true);
  });

  test('names the packages that something of it is of, in its own list too, and no other', () => {
    expect(packages).toEqual(expect.arrayContaining(['dash', 'gzip', 'sed', expect.stringMatching(/^libc6(:|$)/)]));
    const listed = [...readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8').matchAll(/^Package: (.*)$/gm)].map(([, name]) => name);
    expect(listed).toEqual(packages.map((name) => name.split(':')[0]));
    expect(listed).not.toContain('dpkg');
  });

  test('has the licence of each of them', () => {
    for (const name of packages) expect(readFileSync(join(root, 'usr/share/doc', name.split(':')[0] ?? '', 'copyright'), 'utf8')).toMatch(/copyright|licen[cs]e/i);
  });

  test('has nothing else', () => {
    const asked = /^\/etc\/passwd$|^\/(bin|lib|lib64)$|^\/usr\/bin\/(gzip|sed|sh|dash)$|^\/usr\/lib\/[^/]*\/(lib[a-z0-9-]+|ld-[a-z0-9-]+)\.so[.0-9]*$|^\/usr\/lib64\/ld-|^\/usr\/share\/doc\/[^/]+(\/copyright)?$|^\/var\/lib\/dpkg\/status$/;
    expect(filesIn(root).filter((name) => !asked.test(name))).toEqual([]);
  });
});

test('a program that gives rights to who runs it does not come in', () => {
  const program = join(folder(), 'su');
  writeFileSync(program, '');
  chmodSync(program, 0o4755);
  expect(() => copySystem(folder(), { ...NOTHING, files: [program] })).toThrow(`${program} is setuid or setgid`);
});

test('a package that is not installed is no empty one', () => {
  expect(() => copySystem(folder(), { ...NOTHING, packages: ['no-such-package'] })).toThrow('the package no-such-package is not installed');
});

describe('what dpkg knows', () => {
  const root = folder();
  mkdirSync(join(root, 'info'));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync('usr/bin', join(root, 'bin'));
  const entry = (name: string, architecture: string): string => `Package: ${name}\nStatus: install ok installed\nArchitecture: ${architecture}\nDescription: one\n of two lines\n`;
  writeFileSync(join(root, 'status'), [entry('libz', 'amd64'), entry('libz', 'arm64'), entry('tool', 'amd64')].join('\n'));
  writeFileSync(join(root, 'info/tool.list'), `/.\n${root}/bin\n${root}/bin/tool\n`);
  writeFileSync(join(root, 'info/libz:amd64.list'), '/.\n/gone/libz.so\n');
  const known = debianPackages(root);

  test('is whose a file is, also where packages name it by a folder that is a link now', () => {
    expect(known.ownerOf(`${root}/usr/bin/tool`)).toBe('tool');
    expect(known.ownerOf('/gone/libz.so')).toBe('libz:amd64');
    expect(known.ownerOf('/etc/motd')).toBeUndefined();
  });

  test('is the entry of the architecture that is there', () => {
    expect(known.statusOf('libz:arm64')).toBe(entry('libz', 'arm64'));
    expect(known.filesOf('libz')).toEqual(['/gone/libz.so']);
    expect(() => known.statusOf('other')).toThrow("dpkg's list has no other");
  });
});
