import type { RunbookMistake } from './runbook.ts';

/** Plain data out of YAML. `lineOf` answers where a value stands in the file, or else what is nearest around it. */
export type Located = {
  readonly value: unknown;
  readonly lineOf: (path: readonly PropertyKey[]) => number;
};

/** A fenced block ```` ```yaml action ```` or ```` ```yaml step ````. */
export type RawBlock = {
  readonly kind: 'action' | 'step';
  readonly line: number;
  /** null: it is no YAML, which is among the mistakes already. */
  readonly data: Located | null;
};

/** A heading of the third level with what stands under it. */
export type RawStep = {
  readonly title: string;
  readonly line: number;
  /** Markdown without the blocks. */
  readonly body: string;
  readonly blocks: readonly RawBlock[];
};

/** A heading of the second level. */
export type RawSection = {
  readonly title: string;
  readonly line: number;
  /** Where something stands before its first step; null: nothing does. */
  readonly looseLine: number | null;
  readonly steps: readonly RawStep[];
};

/** A file as it is laid out, before anybody asks whether it makes sense. Lines count from 1. */
export type RawRunbook = {
  readonly front: Located | null;
  /** The heading of the first level, if there is one. */
  readonly heading: { readonly title: string; readonly line: number } | null;
  readonly introduction: string;
  readonly sections: readonly RawSection[];
  readonly links: readonly { readonly line: number; readonly url: string }[];
  /** What can't be read, or must not be there. */
  readonly mistakes: readonly RunbookMistake[];
};

/** A runbook is read by people: what is larger is something else. */
export const runbookBytes = 128 * 1024;
