import { z } from 'zod';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { ReplayFacts } from './record.ts';

/**
 * What people and programs have said in their own words about a replay. Any of it may name a person: a reason, an
 * author, an exception that quotes a key or a value. So it stands beside the record, which holds its digest alone,
 * and can be erased without touching the record. The salt keeps a short text from being guessed by its digest.
 */
export type Remarks = {
  readonly format: 'reprise.remarks/v1';
  readonly salt: string;
  readonly reason: string;
  readonly failure: string | null;
  /** Why it was called off; null where it was not. */
  readonly cancellation: string | null;
  readonly authors: readonly string[];
  /** Why each decided as they did, in the order of the record's decisions. Records of before approvals have none. */
  readonly approvals?: readonly string[];
  /** Why a derived state could not be compared, or an invariant gave no answer, by its name. */
  readonly comparisons: Readonly<Record<string, string>>;
  readonly invariants: Readonly<Record<string, string>>;
  /** Why each of two people let it run without its approvals. Only what ran so has them. */
  readonly breakGlass?: readonly string[];
};

const said = z.object({
  format: z.literal('reprise.remarks/v1'),
  salt: z.string(),
  reason: z.string(),
  failure: z.string().nullable(),
  cancellation: z.string().nullable().default(null),
  authors: z.array(z.string()),
  approvals: z.array(z.string()).exactOptional(),
  comparisons: z.record(z.string(), z.string()),
  invariants: z.record(z.string(), z.string()),
  breakGlass: z.array(z.string()).exactOptional(),
});
const naming = z.object({ predicate: z.object({ remarks: z.object({ sha256: z.string() }) }) });

/**
 * The words beside a record; null where they are not those that it names by their digest. They stand in a row that
 * others may have written since.
 */
export function remarksNamed(
  statement: unknown,
  words: { readonly text: string; readonly sha256: string },
): Remarks | null {
  const named = naming.safeParse(statement);
  if (!named.success || named.data.predicate.remarks.sha256 !== words.sha256) return null;
  const read = said.safeParse(jsonOf(words.text));
  return read.success ? read.data : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Under this name a record's remarks are attached to it. */
export const remarksName = 'remarks';

export function remarksOf(facts: Omit<ReplayFacts, 'remarksDigest'>, salt: string): Remarks {
  return {
    format: 'reprise.remarks/v1',
    salt,
    reason: facts.reason,
    failure: facts.failure?.sentence ?? null,
    cancellation: facts.cancellation?.reason ?? null,
    authors: facts.contract.description?.authors ?? [],
    ...(facts.approvals.length > 0 ? { approvals: facts.approvals.map(({ reason }) => reason) } : {}),
    ...(facts.breakGlass === null ? {} : { breakGlass: facts.breakGlass.reasons }),
    comparisons: problemsOf(facts.comparisons.map((each) => [each.derivedState, each.problem])),
    invariants: problemsOf(facts.invariants.map((each) => [each.name, each.problem])),
  };
}

export function problemsOf(
  entries: readonly (readonly [string, string | null])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.flatMap(([name, problem]) => (problem === null ? [] : [[name, problem]])),
  );
}

/** The bytes that the record names by their SHA-256. */
export function remarksText(remarks: Remarks): string {
  return canonicalJson(remarks);
}
