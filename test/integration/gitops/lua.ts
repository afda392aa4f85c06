// Runs a script as Argo CD does (util/lua): Lua 5.1 with `obj` as a global, and of the libraries only the basic functions and `table`.
import { spawnSync } from 'node:child_process';

/** A value of JSON as Lua writes it. */
function literal(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return `"${[...Buffer.from(value)].map((byte) => (byte < 32 || byte > 126 || byte === 34 || byte === 92 ? `\\${String(byte).padStart(3, '0')}` : String.fromCharCode(byte))).join('')}"`;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `{${value.map(literal).join(', ')}}`;
  return `{${Object.entries(value).map(([key, field]) => `[${literal(key)}] = ${literal(field)}`).join(', ')}}`;
}

const program = (script: string, object: unknown): string => `
local script = assert(loadstring(${literal(script)}, "health"))
local libraries = { table = table }
for _, name in ipairs({ "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "tostring", "type", "unpack" }) do libraries[name] = _G[name] end
libraries.obj = ${literal(object)}
local health = setfenv(script, libraries)()
assert(type(health) == "table", "Argo CD expects a table")
io.write(tostring(health.status), "\\n", tostring(health.message))
`;

export interface ArgoHealth {
  status: string;
  message: string;
}

export function runHealthScript(script: string, object: unknown): ArgoHealth {
  const { status, stdout, stderr, error } = spawnSync('lua5.1', ['-'], { input: program(script, object), encoding: 'utf8', timeout: 10_000 });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr);
  const [health = '', ...message] = stdout.split('\n');
  return { status: health, message: message.join('\n') };
}
