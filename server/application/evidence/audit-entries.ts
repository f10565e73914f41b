import { parseEnvelope, signerOf } from '../../domain/attestation/index.ts';
import {
  type AttachmentProblem,
  besideOtherwise,
  listedAs,
  listedOtherwise,
} from '../../domain/evidence/index.ts';
import { decodeUtf8, equalBytes, toHex } from '../../domain/shared/bytes.ts';
import type { LoggedRecord, NewEntry } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { LogDeps } from './sign-checkpoint.ts';

/** What is the matter with records, and with what is kept beside them. */
export type FoundOfEntries = { readonly records: readonly string[]; readonly beside: readonly string[] };

/**
 * What is the matter with the records of some entries: the log proves what it holds, and pages and lists are read from
 * rows beside it. A record that is another than its entry's, or is gone, or is listed or found by something that it
 * does not say, shows people what nobody can prove; so do words and parts beside it that it does not name.
 * `known`: the keys that may have signed them.
 */
export async function auditEntries(
  { sealing: { log, sha256, verifyEd25519 } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  entries: readonly NewEntry[],
  known: readonly Uint8Array[],
): Promise<FoundOfEntries> {
  const records = await log.recordsOf(
    tx,
    entries.map(({ evidenceId }) => evidenceId),
  );
  const found: string[] = [];
  const beside: OfPart[] = [];
  for (const { index, evidenceId, envelope } of entries) {
    const parsed = parseEnvelope(envelope);
    const record = records.get(evidenceId);
    const { payload } = parsed.ok ? parsed.value : { payload: new Uint8Array() };
    const tell = (what: string) => found.push(`Evidence record ${evidenceId} ${what}`);
    if (!parsed.ok) found.push(`Entry ${index} is no envelope: ${parsed.sentence}`);
    else if ((await signerOf(parsed.value, known, verifyEd25519)) === null)
      found.push(`Entry ${index} is signed by no key of this log.`);
    else if (record === undefined) tell(`is gone, and entry ${index} of the log holds it.`);
    else if (!equalBytes(record.statement, payload) || record.digest !== toHex(await sha256(payload)))
      tell(`is not what entry ${index} of the log holds.`);
    else {
      const statement = jsonOf(decodeUtf8(payload));
      const problem = whyListedOtherwise(statement, record);
      if (problem !== null) tell(problem);
      beside.push(...besideOtherwise(statement, record.beside).map((each) => ({ ...each, evidenceId })));
    }
  }
  return { records: found, beside: await sentencesOf(log, tx, beside) };
}

type OfPart = AttachmentProblem & { readonly evidenceId: string };
const partOf = ({ evidenceId, name }: OfPart) => `${evidenceId}/${name}`;

/** What is gone and may be erased is none where an erasure says that it took it. */
async function sentencesOf(
  log: LogDeps['sealing']['log'],
  tx: Transaction,
  parts: readonly OfPart[],
): Promise<readonly string[]> {
  const gone = parts.filter(({ what, erasable }) => what === 'gone' && erasable);
  const erased = await log.erasedOf(tx, gone.map(partOf));
  return parts
    .filter((part) => !(part.what === 'gone' && part.erasable && erased.has(partOf(part))))
    .map(({ evidenceId, name, what, erasable }) => {
      const of = `“${name}” beside evidence record ${evidenceId}`;
      if (what === 'changed') return `${of} is not what the record names by its digest.`;
      if (what === 'unnamed') return `${of} is named by no digest of the record: somebody has put it there.`;
      return erasable
        ? `${of} is gone, and no erasure says that it took it.`
        : `${of} is gone, and is nothing that may be erased.`;
    });
}

/** Held against what was signed, and not only against each other: both may have been changed together. */
function whyListedOtherwise(
  statement: unknown,
  { row, indexed }: Pick<LoggedRecord, 'row' | 'indexed'>,
): string | null {
  const said = listedAs(statement);
  if (said === null) return 'says nothing that it could be listed by.';
  if (indexed === null) return 'is found by no list.';
  const names = [...new Set([...listedOtherwise(said, row), ...listedOtherwise(said, indexed)])];
  return names.length === 0 ? null : `is listed by something else than it says: ${names.join(', ')}.`;
}

function jsonOf(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
