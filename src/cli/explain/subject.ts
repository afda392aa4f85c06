// What explain speaks of: the object, the account of its manifests where that could be had, and the time.
import type { CaptureObject } from '../capture.js';
import type { Account } from './account.js';

export interface Subject {
  capture: CaptureObject;
  account?: Account | undefined;
  /** Why there is no account; undefined where there is one, and where no run has begun. */
  unseen?: string | undefined;
  now: number;
}

export interface Section {
  title: string;
  /** Each of one or more sentences. */
  lines: string[];
}

export type Packets = NonNullable<NonNullable<CaptureObject['status']>['packets']>;
