// Numbers and names for people: 1 file, 2 files; a, b, and 3 more.
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The first of them by name, the rest by their number: a message has to stay readable, and the object small. */
export const named = (names: string[], most: number): string => `${names.slice(0, most).join(', ')}${names.length > most ? `, and ${names.length - most} more` : ''}`;
