import { signStatement } from '../../domain/attestation/index.ts';
import type { Attachment } from '../../domain/evidence/index.ts';
import { appendLeaf, leafHash } from '../../domain/log/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Sealing, Signer } from '../ports/evidence-log.ts';
import type { NewEvidence, ResultStore } from '../ports/result-store.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

export type RecordDeps = {
  readonly results: Pick<ResultStore, 'insertEvidence' | 'attach'>;
  readonly sealing: Sealing;
};

const encoder = new TextEncoder();

/**
 * Records a fact: its statement, what stands beside it, and its signed envelope as the next entry of the evidence log,
 * in the transaction of what it is about. It is signed before the log's end is held, since a key may be far away; from
 * then on until the transaction ends nobody else appends, so it is called as late in it as can be.
 */
export async function recordEvidence(
  { results, sealing }: RecordDeps,
  tx: Transaction,
  evidence: NewEvidence,
  beside: readonly Attachment[],
): Promise<void> {
  const envelope = await seal(sealing, evidence.statement);
  await results.insertEvidence(tx, evidence);
  for (const { name, text, sha256: digest } of beside)
    await results.attach(tx, evidence.id, { name, digest, content: encoder.encode(text) });
  await append(sealing, tx, { evidenceId: evidence.id, envelope });
}

function seal({ signer }: Sealing, statement: Uint8Array): Promise<Uint8Array> {
  const { keyId, sign } = mustSign(signer);
  return signStatement(statement, { keyid: keyId, sign });
}

async function append(
  { log, signer, sha256, originOfNew }: Sealing,
  tx: Transaction,
  { evidenceId, envelope }: { readonly evidenceId: string; readonly envelope: Uint8Array },
): Promise<void> {
  const { size: index } = await log.holdHead(tx, originOfNew);
  const { keyId, publicKey } = mustSign(signer);
  await log.introduceKey(tx, { keyId, publicKey });
  const leaf = await leafHash(envelope, sha256);
  const hashes = await appendLeaf(index, leaf, log.reader(tx), sha256);
  await log.append(tx, { index, evidenceId, envelope, leafHash: leaf }, hashes);
}

/**
 * Begins the log with the records that were made before there was one, in the order in which they were made. Once it
 * has an entry nothing is taken in afterwards: what stands beside it then was put there past all code, and is found.
 */
export function sealOlder(unitOfWork: UnitOfWork, sealing: Sealing): Promise<number> {
  return unitOfWork.run(async (tx) => {
    if (((await sealing.log.head(tx))?.size ?? 0) > 0) return 0;
    const older = await sealing.log.unlogged(tx);
    if (older.length === 0) return 0;
    // Held before they are looked at again: two workers may start at once.
    if ((await sealing.log.holdHead(tx, sealing.originOfNew)).size > 0) return 0;
    for (const { id, statement } of older) {
      const envelope = await seal(sealing, statement);
      await append(sealing, tx, { evidenceId: id, envelope });
    }
    return older.length;
  });
}

/** Nothing is recorded unsigned. */
export function mustSign(signer: Signer | null): Signer {
  if (signer !== null) return signer;
  throw new RepriseError(
    'setting-invalid',
    'REPRISE_SIGNING_KEY is missing, so that no evidence can be signed: set it to an Ed25519 key in PEM, the same for every process (docs/settings.md).',
    { where: 'REPRISE_SIGNING_KEY', lasting: true },
  );
}
