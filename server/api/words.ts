import { z } from 'zod';

/** What people write. What the database can't keep of it is refused for every input (keepable.ts). */
export const words = z.string().max(2000);
