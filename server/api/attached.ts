import { z } from 'zod';
import { MOST_BYTES } from '../domain/incident/index.ts';
import { words } from './words.ts';

/** A file that somebody attaches: what it is called, its bytes in Base64 (which is a third longer), and what it shows. */
export const attached = z.object({
  name: z.string().trim().min(1, 'A file has a name.').max(300),
  content: z.base64().max(Math.ceil(MOST_BYTES / 3) * 4),
  text: words.default(''),
});
