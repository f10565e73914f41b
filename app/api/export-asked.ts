import { z } from 'zod';
import { exportFormats } from '@/server/api/export-pages.ts';

/**
 * What is asked of an export: filters by their names, and no others. One that is misnamed, and left out unsaid, would
 * give out everything as if it were filtered.
 */
export function exportAsked<Shape extends z.ZodRawShape>(filters: Shape) {
  const shape = { ...filters, format: z.enum(exportFormats).default('csv') };
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.map((key) => JSON.stringify(key)).join(', ')} is no filter of this export: nothing was exported. It takes ${names}.`
        : undefined,
  });
}
