// What this folder needs of a logger: pino fits as it is.

export type LogMethod = (fields: object, message: string) => void;

export interface Log {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
