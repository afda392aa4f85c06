// Which names of targets an agent works with: they are part of folder names, of keys, and of its own tables.

const SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,299}$/;

/** `constructor` and its like are in every table of JavaScript. */
export const isTargetName = (name: unknown): name is string => typeof name === 'string' && SHAPE.test(name) && !(name in Object.prototype);
