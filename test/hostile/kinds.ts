// What a hostile case may attack. Each kind has at least one case, or `make test` fails: add yours with its first case.
export const KINDS = ['bucket servers', 'control', 'destination', 'environment', 'filter', 'interface', 'key', 'packet', 'process', 'spool', 'tenant', 'world'];
