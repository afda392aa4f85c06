// The merge patch (RFC 7386) that turns one JSON value into another: only what differs is sent, and what is gone is null.
import { isSameJSON } from '../plan/identity.js';

type Json = unknown;
const isObject = (value: Json): value is Record<string, Json> => value !== null && typeof value === 'object' && !Array.isArray(value);

/** undefined where nothing differs. Arrays are replaced whole. */
export function mergePatch(before: Json, after: Json): Json {
  if (!isObject(before) || !isObject(after)) return isSameJSON(before, after) ? undefined : after;
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(before)) if (after[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const inner = key in before ? mergePatch(before[key], value) : value;
    if (inner !== undefined) patch[key] = inner;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}
