// Objects as a real cluster held them, each in a file named <what flux reads>.<what argo reads>.<situation>.json. Never edited: later versions go on reading them.
import { readdirSync, readFileSync } from 'node:fs';
import type { Status } from './kstatus.js';
import type { Health, Situation } from './situations.js';

const folder = new URL('recorded/', import.meta.url);

export const recorded = (): Situation[] =>
  readdirSync(folder).map((file) => {
    const [flux, argo, name] = file.split('.') as [Status, Health, string];
    return { name, flux, argo, object: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Situation['object'] };
  });
