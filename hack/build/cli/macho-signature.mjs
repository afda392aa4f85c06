// An ad hoc code signature for a 64-bit Mach-O file, as Apple's linker and Go's make it: macOS on arm64 kills what has none.
// The layout is Apple's osfmk/kern/cs_blobs.h and mach-o/loader.h.
import { createHash } from 'node:crypto';

const MH_MAGIC_64 = 0xfeedfacf;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const CSMAGIC_EMBEDDED_SIGNATURE = 0xfade0cc0;
const CSMAGIC_CODEDIRECTORY = 0xfade0c02;
/** Signed by nobody, and as a linker does it: codesign may sign it anew. */
const CS_ADHOC_LINKER_SIGNED = 0x20002;
const CS_HASHTYPE_SHA256 = 2;
const CS_EXECSEG_MAIN_BINARY = 1;
const CODE_DIRECTORY_BYTES = 88;
const SUPER_BLOB_BYTES = 20;
const HASH_BYTES = 32;
const PAGE_BITS = 12;
const PAGE_BYTES = 2 ** PAGE_BITS;
/** Of segments in memory, on arm64. */
const MEMORY_PAGE_BYTES = 2 ** 14;

const aligned = (n, to) => Math.ceil(n / to) * to;

/** The file with a signature at its end. Throws where it has one, or has no place for the load command. */
export function signAdHoc(file, identifier) {
  if (file.readUInt32LE(0) !== MH_MAGIC_64) throw new Error('not a 64-bit Mach-O file');
  const { commands, end } = loadCommands(file);
  if (commands.some(({ type }) => type === LC_CODE_SIGNATURE)) throw new Error('the Mach-O file has a signature already');
  const text = segment(file, commands, '__TEXT');
  const linkEdit = segment(file, commands, '__LINKEDIT');
  if (linkEdit.fileOffset + linkEdit.fileSize !== file.length) throw new Error('__LINKEDIT does not end the Mach-O file');
  if (file.subarray(end, end + 16).some((byte) => byte !== 0)) throw new Error('no place for LC_CODE_SIGNATURE behind the load commands');

  const codeBytes = aligned(file.length, 16);
  const pages = Math.ceil(codeBytes / PAGE_BYTES);
  const signatureBytes = aligned(SUPER_BLOB_BYTES + CODE_DIRECTORY_BYTES + identifier.length + 1 + pages * HASH_BYTES, 16);
  const signed = Buffer.alloc(codeBytes + signatureBytes);
  file.copy(signed);
  signed.writeUInt32LE(signed.readUInt32LE(16) + 1, 16);
  signed.writeUInt32LE(signed.readUInt32LE(20) + 16, 20);
  [LC_CODE_SIGNATURE, 16, codeBytes, signatureBytes].forEach((word, n) => signed.writeUInt32LE(word, end + 4 * n));
  const linkEditBytes = signed.length - linkEdit.fileOffset;
  signed.writeBigUInt64LE(BigInt(linkEditBytes), linkEdit.at + 48);
  signed.writeBigUInt64LE(BigInt(aligned(linkEditBytes, MEMORY_PAGE_BYTES)), linkEdit.at + 32);
  signature(signed.subarray(0, codeBytes), identifier, text).copy(signed, codeBytes);
  return signed;
}

function loadCommands(file) {
  const commands = [];
  let at = 32;
  for (let n = file.readUInt32LE(16); n > 0; n -= 1) {
    commands.push({ at, type: file.readUInt32LE(at) });
    at += file.readUInt32LE(at + 4);
  }
  return { commands, end: at };
}

function segment(file, commands, name) {
  const found = commands.find(({ at, type }) => type === LC_SEGMENT_64 && file.toString('latin1', at + 8, at + 24).replace(/\0+$/, '') === name);
  if (!found) throw new Error(`the Mach-O file has no segment ${name}`);
  return { at: found.at, fileOffset: Number(file.readBigUInt64LE(found.at + 40)), fileSize: Number(file.readBigUInt64LE(found.at + 48)) };
}

/** A super blob of one code directory: the hash of each page of the code. */
function signature(code, identifier, text) {
  const pages = Math.ceil(code.length / PAGE_BYTES);
  const hashesAt = CODE_DIRECTORY_BYTES + identifier.length + 1;
  const directoryBytes = hashesAt + pages * HASH_BYTES;
  const words = [CSMAGIC_EMBEDDED_SIGNATURE, SUPER_BLOB_BYTES + directoryBytes, 1, 0, SUPER_BLOB_BYTES];
  const directory = [CSMAGIC_CODEDIRECTORY, directoryBytes, 0x20400, CS_ADHOC_LINKER_SIGNED, hashesAt, CODE_DIRECTORY_BYTES, 0, pages, code.length];
  const blob = Buffer.alloc(SUPER_BLOB_BYTES + directoryBytes);
  [...words, ...directory].forEach((word, n) => blob.writeUInt32BE(word, 4 * n));
  const inDirectory = blob.subarray(SUPER_BLOB_BYTES);
  inDirectory.set([HASH_BYTES, CS_HASHTYPE_SHA256, 0, PAGE_BITS], 36);
  // What follows in between is for scattered pages, teams and files beyond 4 GiB.
  [text.fileOffset, text.fileSize, CS_EXECSEG_MAIN_BINARY].forEach((value, n) => inDirectory.writeBigUInt64BE(BigInt(value), 64 + 8 * n));
  inDirectory.write(identifier, CODE_DIRECTORY_BYTES, 'latin1');
  for (let page = 0; page < pages; page += 1) {
    createHash('sha256').update(code.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)).digest().copy(inDirectory, hashesAt + page * HASH_BYTES);
  }
  return blob;
}
