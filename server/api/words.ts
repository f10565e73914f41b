import { z } from 'zod';

/** Marks that turn around how what follows is read: overrides, embeddings and isolates (Unicode, UAX #9). */
const turns = /[\u202A-\u202E\u2066-\u2069]/gu;
/** Anything that leaves a trace on a page. The blank Braille pattern is a symbol without any. */
const visible = /[^\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

function asRead(text: string): string {
  const plain = text.replace(turns, '');
  return visible.test(plain) ? plain : '';
}

/**
 * What people write. It is kept as it is read: nothing in it turns the words around it, and what nobody can see is no
 * words, so that it is no reason either. What the database can't keep of it is refused for every input (keepable.ts).
 */
export const wordsUpTo = (letters: number) => z.string().max(letters).overwrite(asRead);
export const words = wordsUpTo(2000);

const unseen = /[\p{Z}\p{Cc}\p{Cf}]/u;

/** An address that a page links to, as it reads; without a name and a password, which would stay on record. */
export const webAddress = z
  .url({ protocol: /^https?$/, error: 'A link begins with http:// or https://.' })
  .max(2000)
  .refine((link) => !unseen.test(link), 'A link has no spaces or invisible characters.')
  .refine((link) => {
    const address = URL.parse(link);
    return address !== null && address.username === '' && address.password === '';
  }, 'A link has no name or password in it: whoever reads it would have them.');
