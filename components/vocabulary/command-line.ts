import type { ReplaySummary } from '@/server/application/views.ts';

type Scope = ReplaySummary['scope'];

export type ReplayRequest = {
  readonly contractId: string;
  readonly scope: Scope;
  /** Events a second; null for no limit. */
  readonly rateLimit: number | null;
  readonly reason: string;
  /** Somebody is to approve it first. */
  readonly review: boolean;
  /** Records that may be quarantined. */
  readonly waivers: readonly { readonly partition: number; readonly offset: string }[];
};

/** The command that launches this replay, as it can be pasted into a POSIX shell. */
export function replayCommand({
  contractId,
  scope,
  rateLimit,
  reason,
  review,
  waivers,
}: ReplayRequest): string {
  return command([
    'replays',
    'run',
    `--contract=${contractId}`,
    ...scopeFlags(scope),
    ...(rateLimit === null ? [] : [`--rate=${rateLimit}`]),
    ...(reason === '' ? [] : [`--reason=${reason}`]),
    ...(review ? ['--review'] : []),
    ...waivers.map(({ partition, offset }) => `--waive=${partition}:${offset}`),
  ]);
}

/** The command that prints a contract's differences, against one replay and not against whichever is the latest. */
export function statesCommand(contractId: string, replayId: string): string {
  return command(['states', 'diff', contractId, `--replay=${replayId}`]);
}

/** `--flag=value` and not `--flag value`: a value may begin with a hyphen, and would be read as a flag. */
function scopeFlags(scope: Scope): readonly string[] {
  switch (scope.kind) {
    case 'all':
      return [];
    case 'partitions':
      return [`--partitions=${scope.partitions.join(',')}`];
    case 'offsets':
      return scope.ranges.map((range) => `--offsets=${range.partition}:${range.from}-${range.to}`);
    case 'time':
      return [`--from=${scope.from}`, `--to=${scope.to}`];
    case 'keys':
      return scope.keys.map((key) => `--keys=${key}`);
  }
}

function command(words: readonly string[]): string {
  return ['npm', 'run', '-s', 'reprise', '--', ...words].map(quoted).join(' ');
}

/** A word as a POSIX shell reads it back: within single quotes nothing but a single quote is special. */
function quoted(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
