import { parseEnvelope } from '../../domain/attestation/index.ts';
import type { EvidenceLogStore } from '../ports/evidence-log.ts';
import type { UnitOfWork } from '../ports/unit-of-work.ts';

/** So many of the newest entries tell whether two keys sign side by side. */
const lookedAt = 100;

/**
 * A key that signed again after another had: two processes sign with different keys, or one has gone back to a key that
 * was replaced. null where each of these, oldest first, has been followed for good by the next.
 */
export function signedAgain(keyIds: readonly string[]): string | null {
  const turns = keyIds.filter((keyId, at) => keyId !== keyIds[at - 1]);
  return turns.find((keyId, at) => turns.indexOf(keyId) < at) ?? null;
}

/** Why who pinned one key would fail at records of now; null where one key signs. */
export async function whySeveralKeysSign(
  unitOfWork: UnitOfWork,
  log: Pick<EvidenceLogStore, 'head' | 'entries'>,
): Promise<string | null> {
  const entries = await unitOfWork.run(async (tx) => {
    const size = (await log.head(tx))?.size ?? 0;
    return log.entries(tx, Math.max(0, size - lookedAt), lookedAt);
  });
  const keyIds = entries.flatMap(({ envelope }) => {
    const parsed = parseEnvelope(envelope);
    return parsed.ok ? parsed.value.signatures.slice(0, 1).map(({ keyid }) => keyid) : [];
  });
  const again = signedAgain(keyIds);
  return again === null
    ? null
    : `two keys sign in turn, ${again.slice(0, 16)} again after another: give every process the same REPRISE_SIGNING_KEY`;
}
