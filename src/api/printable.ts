// Words of tenants, programs and stores as they may stand where people read them, in a condition, an Event, a column.

/**
 * The text on one line, with what a terminal would act on and what nobody can see as code points: escapes, marks of direction, halves of
 * characters. `kubectl` before 1.26 prints what it is given.
 */
export const printable = (text: string): string =>
  text.replace(/[\t\r\n]+/g, ' ').replace(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** The text with `inPlace` for each stretch of control characters, marks of direction, others that nobody sees, halves of characters and ends of lines. */
export const withoutUnseen = (text: string, inPlace: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, inPlace);

/** At most so many characters. */
export const shortened = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
