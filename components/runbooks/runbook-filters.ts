import { parseAsString } from 'nuqs/server';

export const runbookFilters = { version: parseAsString };
