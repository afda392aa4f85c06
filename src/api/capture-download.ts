// CaptureDownload: asks the operator for short-lived URLs of a run's files, for people without keys to the bucket.
import * as z from 'zod';
import { conditionsField, objectName } from './fields.js';
import { NAME } from './name-rules.js';

/** Of one page: an object with more URLs than these is more than an API server likes to store. */
export const DOWNLOAD_PAGE_MAX = 200;

export const captureDownloadSpecSchema = z
  .object({
    captureName: objectName().regex(NAME).describe('Name of a PacketCapture of this namespace.'),
    runID: z
      .string()
      .max(63)
      .regex(/^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}$/)
      .optional()
      .describe('Id of one of its runs, as in status.run.id or status.previousRuns. Absent: the current or last one.'),
    offset: z.int().min(0).default(0).describe('Files to leave out, from the first.'),
    limit: z.int().min(1).max(DOWNLOAD_PAGE_MAX).default(DOWNLOAD_PAGE_MAX).describe('Files to name at most. Where their URLs are very long there may be fewer: go on at offset and as many as there are.'),
  })
  .describe('Which files of which run to give URLs for.');
export type CaptureDownloadSpec = z.infer<typeof captureDownloadSpecSchema>;

const text = (what: string) => z.string().optional().describe(what);
const count = (what: string) => z.int().optional().meta({ format: 'int64' }).describe(what);

export const captureDownloadStatusSchema = z
  .object({
    observedGeneration: count('metadata.generation that this status speaks of; -1 before the operator has seen the object.'),
    runID: text('Id of the run whose files these are.'),
    expirationTime: z.string().optional().meta({ format: 'date-time' }).describe('Until when the URLs work. The object is removed after that.'),
    total: count('Files of the run that are in the bucket now; more may come while it lasts.'),
    files: z
      .array(
        z.object({
          key: z.string().describe('Key of the object in the bucket.'),
          url: text('URL that serves it to whoever knows it.'),
          size: count('Bytes of the object.'),
          sha256: text('SHA-256 of the object, hexadecimal, from the manifest.'),
        }),
      )
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['key'] })
      .describe('This page of the files, by target, attempt and sequence. While the run lasts a new file may come before those of a later page: take each key once.'),
    manifests: z
      .array(z.object({ key: z.string().describe('Key of the object in the bucket.'), url: text('URL that serves it to whoever knows it.'), size: count('Bytes of the object.') }))
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['key'] })
      .describe('The manifests of the run with their segments, on every page.'),
    conditions: conditionsField(),
  })
  .describe('The URLs. Whoever can read this can read the packets.');
export type CaptureDownloadStatus = z.infer<typeof captureDownloadStatusSchema>;
