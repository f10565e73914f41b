import { z } from 'zod';

/** What people write: no NUL and no half of a surrogate pair, which neither text nor jsonb of PostgreSQL holds. */
export const words = z
  .string()
  .max(2000)
  .refine(
    (text) => text.isWellFormed() && !text.includes('\0'),
    'It holds a character that can not be kept.',
  );
