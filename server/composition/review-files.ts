import { pdf } from '../adapters/review-files/pdf.ts';
import { zip } from '../adapters/review-files/zip.ts';
import type { ReviewFiles } from '../application/ports/review-files.ts';

/** Apart from what else reviews need: a worker makes no files, and their libraries would stand in each of its threads. */
export const reviewFiles: ReviewFiles = { pdf, zip };
