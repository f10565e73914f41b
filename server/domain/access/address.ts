const LONGEST = 200;

/**
 * An e-mail address as people are known by it: in lower case, without what stands around it. The one rule for whoever
 * is invited, signs in, or is named by an issuer, so that nobody is let be somebody whom the door does not know. null
 * where it is none.
 */
export function readAddress(text: string): string | null {
  const address = text.trim().toLowerCase();
  return address.length <= LONGEST && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(address) ? address : null;
}
