/** NIST SP 800-63B: length counts, composition rules do not. Letters are code points. */
export const passwordLetters = { min: 12, max: 128 } as const;

/** What is wrong with a password, as a sentence; null where nothing is. */
export function passwordProblem(
  password: string,
  about: { readonly email: string; readonly name: string },
): string | null {
  const letters = [...password].length;
  if (letters < passwordLetters.min) return `A password has at least ${passwordLetters.min} letters.`;
  if (letters > passwordLetters.max) return `A password has at most ${passwordLetters.max} letters.`;
  if (new Set(password).size < 4) return 'This password repeats itself too much.';
  const folded = password.toLowerCase();
  const [local = ''] = about.email.toLowerCase().split('@');
  const known = [about.email.toLowerCase(), local, about.name.toLowerCase(), 'password', 'reprise'];
  if (known.some((word) => word.length > 2 && folded.replaceAll(word, '').length < letters / 2))
    return 'This password says little more than your name or a word that everybody tries.';
  return null;
}
