import { type Scope, scopeSchema } from '../../server/domain/replay/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';

export type ScopeFlags = {
  readonly partitions?: string;
  readonly offsets?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly keys?: readonly string[];
};

/** The scope that flags mean; without any it is everything. Two kinds at once are refused, not guessed at. */
export function scopeFromFlags(flags: ScopeFlags): Scope {
  const kinds = [
    flags.partitions !== undefined ? '--partitions' : null,
    flags.offsets !== undefined ? '--offsets' : null,
    flags.from !== undefined || flags.to !== undefined ? '--from/--to' : null,
    flags.keys !== undefined ? '--keys' : null,
  ].filter((each) => each !== null);
  if (kinds.length > 1) {
    throw new RepriseError('scope-invalid', `A scope is of one kind; ${kinds.join(' and ')} were given.`, {
      where: kinds.join(', '),
    });
  }
  return checked(draftOf(flags), kinds[0] ?? 'scope');
}

function draftOf(flags: ScopeFlags): unknown {
  if (flags.partitions !== undefined) {
    return {
      kind: 'partitions',
      partitions: flags.partitions.split(',').map((each) => wholeNumber(each, '--partitions')),
    };
  }
  if (flags.offsets !== undefined) return { kind: 'offsets', ranges: flags.offsets.map(rangeOf) };
  if (flags.from !== undefined || flags.to !== undefined) {
    if (flags.from === undefined || flags.to === undefined) {
      throw new RepriseError('scope-invalid', 'A scope by time needs both --from and --to.', {
        where: '--from/--to',
      });
    }
    return { kind: 'time', from: flags.from, to: flags.to };
  }
  if (flags.keys !== undefined) return { kind: 'keys', keys: flags.keys };
  return { kind: 'all' };
}

function wholeNumber(text: string, flag: string): number {
  if (/^\d{1,6}$/.test(text.trim())) return Number(text);
  throw new RepriseError('scope-invalid', `“${text}” is no partition number.`, { where: flag });
}

function rangeOf(text: string): { partition: number; from: string; to: string } {
  const [, partition, from, to] = /^(\d{1,6}):(\d{1,19})-(\d{1,19})$/.exec(text) ?? [];
  if (partition === undefined || from === undefined || to === undefined) {
    throw new RepriseError(
      'scope-invalid',
      `“${text}” is no range; write partition:from-to, for example 2:0-514.`,
      { where: '--offsets' },
    );
  }
  return { partition: Number(partition), from: BigInt(from).toString(), to: BigInt(to).toString() };
}

function checked(draft: unknown, where: string): Scope {
  const parsed = scopeSchema.safeParse(draft);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RepriseError(
    'scope-invalid',
    `${issue?.path.join('.') || 'scope'}: ${issue?.message ?? 'not a scope'}`,
    { where },
  );
}
