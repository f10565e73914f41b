import { parseEnvelope, signerOf } from '../../domain/attestation/index.ts';
import { listedAs, listedOtherwise } from '../../domain/evidence/index.ts';
import { decodeUtf8, equalBytes, toHex } from '../../domain/shared/bytes.ts';
import type { LoggedRecord, NewEntry } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { LogDeps } from './sign-checkpoint.ts';

/**
 * What is the matter with the records of some entries: the log proves what it holds, and pages and lists are read from
 * rows beside it. A record that is another than its entry's, or is gone, or is listed or found by something that it
 * does not say, shows people what nobody can prove. `known`: the keys that may have signed them.
 */
export async function auditEntries(
  { sealing: { log, sha256, verifyEd25519 } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  entries: readonly NewEntry[],
  known: readonly Uint8Array[],
): Promise<readonly string[]> {
  const records = await log.recordsOf(
    tx,
    entries.map(({ evidenceId }) => evidenceId),
  );
  const found: string[] = [];
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
      const problem = whyListedOtherwise(record);
      if (problem !== null) tell(problem);
    }
  }
  return found;
}

/** Held against what was signed, and not only against each other: both may have been changed together. */
function whyListedOtherwise({ statement, row, indexed }: LoggedRecord): string | null {
  const said = listedAs(jsonOf(decodeUtf8(statement)));
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
