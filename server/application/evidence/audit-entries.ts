import { parseEnvelope, signerOf } from '../../domain/attestation/index.ts';
import { breakGlassPredicateType, replayPredicateType } from '../../domain/evidence/index.ts';
import { decodeUtf8, equalBytes } from '../../domain/shared/bytes.ts';
import type { LoggedRecord, NewEntry } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { LogDeps } from './sign-checkpoint.ts';

/**
 * What is the matter with the records of some entries: the log proves what it holds, and pages and lists are read from
 * rows beside it. A record that is another than its entry's, or is gone, or is found by something that it does not say,
 * shows people what nobody can prove. `known`: the keys that may have signed them.
 */
export async function auditEntries(
  { sealing: { log, verifyEd25519 } }: Pick<LogDeps, 'sealing'>,
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
    if (!parsed.ok) found.push(`Entry ${index} is no envelope: ${parsed.sentence}`);
    else if ((await signerOf(parsed.value, known, verifyEd25519)) === null)
      found.push(`Entry ${index} is signed by no key of this log.`);
    else if (record === undefined)
      found.push(`Evidence record ${evidenceId} is gone, and entry ${index} of the log holds it.`);
    else if (!equalBytes(record.statement, parsed.value.payload))
      found.push(`Evidence record ${evidenceId} is not what entry ${index} of the log holds.`);
    else if (!record.isFoundByItself || !saysIt(record))
      found.push(`Evidence record ${evidenceId} is listed as something else than what it says.`);
  }
  return found;
}

/** Whether what a record of a replay, or of broken glass, is listed by is what it says. Others are listed by what their acts came to. */
function saysIt({ statement, status, confidence, agreement }: LoggedRecord): boolean {
  const text = decodeUtf8(statement);
  const { predicateType, predicate = {} } = jsonOf(text);
  if (predicateType === breakGlassPredicateType) return predicate.stage === status;
  if (predicateType !== replayPredicateType) return true;
  return (
    (predicate.status ?? null) === status &&
    (predicate.confidence_status ?? null) === confidence &&
    (predicate.agreement ?? null) === agreement
  );
}

function jsonOf(text: string | null): { predicateType?: string; predicate?: Record<string, unknown> } {
  try {
    return JSON.parse(text ?? '') ?? {};
  } catch {
    return {};
  }
}
