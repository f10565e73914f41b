import { counted } from '../shared/counted.ts';
import type { Absent, Fact } from './fact-types.ts';
import { spanWords } from './span-words.ts';

export const said = (label: string, value: string, href: string | null = null): Fact => ({
  label,
  value,
  absent: null,
  href,
});

export const missing = (label: string, absent: Absent): Fact => ({ label, value: null, absent, href: null });

export const span = (label: string, ms: number | null): Fact =>
  ms === null ? missing(label, 'not-measured') : said(label, spanWords(ms));

export const timesWords = (times: number): string => (times === 0 ? 'never' : counted(times, 'time'));
