/** What a contract's function answers instead of a value: a promise, or anything that says it is one. */
export function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** The end of a sentence about such an answer. Nobody waits for it, so its rejection is taken note of here. */
export function refusePromise(value: unknown): string {
  // Of a real promise of any realm; what only looks like one is not to be called.
  if (Object.prototype.toString.call(value) === '[object Promise]')
    Promise.prototype.then.call(value, undefined, () => undefined);
  return 'answered with a promise, and has to answer at once.';
}
