import type { ReplaySummary } from '@/server/application/views.ts';

type Scope = ReplaySummary['scope'];
export type ScopeKind = Scope['kind'];

/** What the form holds: text as it was typed, for each kind of scope, so that switching loses nothing. */
export type ScopeDraft = {
  readonly kind: ScopeKind;
  readonly partitions: string;
  readonly offsets: string;
  readonly from: string;
  readonly to: string;
  readonly keys: string;
};

export const emptyDraft: ScopeDraft = {
  kind: 'all',
  partitions: '',
  offsets: '',
  from: '',
  to: '',
  keys: '',
};

/** The scope that a draft means, or what is still wrong with it and in which field. */
export type ParsedScope =
  | { readonly ok: true; readonly scope: Scope }
  | { readonly ok: false; readonly field: keyof ScopeDraft; readonly sentence: string };

export function parseScope(draft: ScopeDraft): ParsedScope {
  switch (draft.kind) {
    case 'all':
      return { ok: true, scope: { kind: 'all' } };
    case 'partitions':
      return parsePartitions(draft.partitions);
    case 'offsets':
      return parseOffsets(draft.offsets);
    case 'time':
      return parseTime(draft.from, draft.to);
    case 'keys':
      return parseKeys(draft.keys);
  }
}

function wrong(field: keyof ScopeDraft, sentence: string): ParsedScope {
  return { ok: false, field, sentence };
}

function parsePartitions(text: string): ParsedScope {
  const words = text.split(/[\s,]+/).filter(Boolean);
  if (words.length === 0) return wrong('partitions', 'Name at least one partition, for example 0, 3.');
  const bad = words.find((word) => !/^\d{1,6}$/.test(word));
  if (bad !== undefined) return wrong('partitions', `“${bad}” is not a partition number.`);
  return {
    ok: true,
    scope: { kind: 'partitions', partitions: [...new Set(words.map(Number))].sort((a, b) => a - b) },
  };
}

const offsetRange = /^(\d{1,6}):(\d{1,19})-(\d{1,19})$/;

function parseOffsets(text: string): ParsedScope {
  const lines = text
    .split(/[\n,]+/)
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.length === 0)
    return wrong('offsets', 'Write a range a line, as partition:from-to; “to” is not read.');
  const ranges = [];
  for (const line of lines) {
    const match = offsetRange.exec(line);
    const [, partition, from, to] = match ?? [];
    if (partition === undefined || from === undefined || to === undefined) {
      return wrong('offsets', `“${line}” is not a range; write it as 2:100-514.`);
    }
    if (BigInt(from) >= BigInt(to))
      return wrong('offsets', `“${line}” reads nothing: ${from} is not before ${to}.`);
    ranges.push({ partition: Number(partition), from: BigInt(from).toString(), to: BigInt(to).toString() });
  }
  return { ok: true, scope: { kind: 'offsets', ranges } };
}

/** `datetime-local` has no zone; the form says UTC, so UTC it is. */
function instant(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null;
  return `${text.length === 16 ? `${text}:00` : text}Z`;
}

function parseTime(from: string, to: string): ParsedScope {
  const start = instant(from);
  if (start === null) return wrong('from', 'Give the first instant, in UTC.');
  const end = instant(to);
  if (end === null) return wrong('to', 'Give the instant that is no longer read, in UTC.');
  if (start >= end) return wrong('to', 'The end has to be after the start.');
  return { ok: true, scope: { kind: 'time', from: start, to: end } };
}

function parseKeys(text: string): ParsedScope {
  const keys = [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    ),
  ];
  if (keys.length === 0) return wrong('keys', 'Write one key a line.');
  if (keys.length > 1000)
    return wrong('keys', `${keys.length} keys are more than the 1,000 that one scope may name.`);
  return { ok: true, scope: { kind: 'keys', keys } };
}
