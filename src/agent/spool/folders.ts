// Where things are in the spool folder.
import { join } from 'node:path';
import { startFolder } from '../tcpdump/file-name.js';
import type { SpoolFile, StartID } from './events.js';

export const capturesFolder = (spool: string): string => join(spool, 'captures');
export const segmentsFolder = (spool: string): string => join(spool, 'segments');
export const folderOfTarget = (spool: string, target: string): string => join(capturesFolder(spool), target);
export const folderOfStart = (spool: string, { target, attempt, start }: StartID): string => join(folderOfTarget(spool, target), startFolder(attempt, start));
export const pathOfFile = (spool: string, file: SpoolFile): string => join(folderOfStart(spool, file), file.name);
export const targetSegmentPath = (spool: string, number: number): string => join(segmentsFolder(spool), `targets-${String(number).padStart(4, '0')}.json`);
export const segmentPath = (spool: string, number: number): string => join(segmentsFolder(spool), `${String(number).padStart(4, '0')}.json`);
