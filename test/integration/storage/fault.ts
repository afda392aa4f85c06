// What can befall a request on its way to a store, and which requests it befalls. Data only: it can be printed with a seed and replayed.

/** Counts are bytes of the request's body, unless they say that they are of the answer's. */
export type Fault =
  /** An answer in the store's place: the store hears nothing. */
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** An answer whose body never ends. */
  | { kind: 'endless'; status: number }
  /** The connection is reset after so many bytes. */
  | { kind: 'reset'; afterBytes: number }
  /** Nothing is read or answered any more after so many bytes. */
  | { kind: 'stall'; afterBytes: number }
  /** One byte is flipped on its way. */
  | { kind: 'corrupt'; atByte: number }
  /** The store does as asked; the connection is reset before its answer is through. */
  | { kind: 'loseAnswer' }
  /** The request is held back for a while, and goes on. */
  | { kind: 'delay'; ms: number }
  /** The request's body goes on at no more than this. */
  | { kind: 'throttle'; bytesPerSecond: number }
  /** The answer's headers come, then so many bytes of its body, then nothing. */
  | { kind: 'stallAnswer'; afterBytes: number }
  /** So many bytes of the answer's body come, then a reset. */
  | { kind: 'cutAnswer'; afterBytes: number }
  /** One byte of the answer's body is flipped. */
  | { kind: 'corruptAnswer'; atByte: number }
  /** The body is taken, 200 is answered with its MD5 as ETag, and nothing is stored. */
  | { kind: 'swallow' };

export interface SeenRequest {
  method: string;
  /** Path without query. */
  path: string;
  /** The object's key, decoded, where the path has the bucket first; empty for the bucket itself. */
  key: string;
  query: URLSearchParams;
  /** How many requests came before. */
  index: number;
}

/** A fault for the requests that fit everything the rule names. */
export interface Rule {
  method?: string | readonly string[];
  key?: RegExp;
  /** Name of a parameter that the query has: `uploads`, `partNumber`, `uploadId`. */
  query?: string;
  /** Any further condition. */
  when?: (request: SeenRequest) => boolean;
  /** So many that fit pass first; 0. */
  skip?: number;
  /** So many are befallen; all of them. */
  times?: number;
  fault: Fault;
}

const fits = ({ method, key, query, when }: Rule, request: SeenRequest): boolean =>
  (method === undefined || [method].flat().includes(request.method)) &&
  (key === undefined || key.test(request.key)) &&
  (query === undefined || request.query.has(query)) &&
  (when === undefined || when(request));

/** Decides by rules: the first that fits and is neither skipping nor used up. Each rule counts every request that fits it. */
export function schedule(rules: readonly Rule[]): (request: SeenRequest) => Fault | undefined {
  const counts = rules.map(() => 0);
  return (request) => {
    let chosen: Fault | undefined;
    rules.forEach((rule, i) => {
      if (!fits(rule, request)) return;
      const nth = (counts[i] ?? 0) - (rule.skip ?? 0);
      counts[i] = (counts[i] ?? 0) + 1;
      if (nth >= 0 && nth < (rule.times ?? Infinity)) chosen ??= rule.fault;
    });
    return chosen;
  };
}
