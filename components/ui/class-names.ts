/** Joins class names, leaving out what is absent, so that a condition can stand where the class stands. */
export function cx(...parts: ReadonlyArray<string | false | null | undefined>): string {
  return parts.filter(Boolean).join(' ');
}
