// SVG as text: elements, and the colours that light and dark mode have.

export const FONT = 12;
/** Wide enough for what a browser takes of it. */
export const widthOf = (text: string, size = FONT): number => text.length * size * 0.56;

export const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

type Attributes = Record<string, string | number>;
const attributes = (of: Attributes): string => Object.entries(of).map(([name, value]) => ` ${name}="${typeof value === 'number' ? Number(value.toFixed(1)) : escape(value)}"`).join('');

export const element = (name: string, of: Attributes, inside = ''): string => (inside === '' ? `<${name}${attributes(of)}/>` : `<${name}${attributes(of)}>${inside}</${name}>`);

export const text = (x: number, y: number, what: string, of: Attributes = {}): string => element('text', { x, y, ...of }, escape(what));

/** Of series, in their order: they read on white and on black. */
export const PALETTE = ['#3f88d8', '#dd8024', '#36a269', '#cf4a5f', '#9569d3', '#1fa1a6', '#ad861c', '#858b93'] as const;
export const LEVEL = { green: '#36a269', orange: '#dd8024', red: '#d9434f' } as const;

/** The picture follows the reader's mode by itself. */
export const STYLE = `
text{font:${FONT}px -apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans","DejaVu Sans",Helvetica,Arial,sans-serif;fill:#1f2328}
.page{fill:#f6f8fa}.panel{fill:#fff;stroke:#d1d9e0}.grid{stroke:#e3e7eb}.dim{fill:#59636e}.title{font-weight:600}.row{font-size:15px;font-weight:600}.large{font-weight:600}
@media (prefers-color-scheme: dark){text{fill:#f0f6fc}.page{fill:#0d1117}.panel{fill:#151b23;stroke:#3d444d}.grid{stroke:#2a313a}.dim{fill:#9198a1}}
`;
