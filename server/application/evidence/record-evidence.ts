import { signStatement } from '../../domain/attestation/index.ts';
import type { Attachment } from '../../domain/evidence/index.ts';
import { appendLeaf, leafHash } from '../../domain/log/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Sealing, Signer } from '../ports/evidence-log.ts';
import type { NewEvidence, ResultStore } from '../ports/result-store.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

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
  const { log, sha256, originOfNew } = sealing;
  const { keyId, publicKey, sign } = mustSign(sealing.signer);
  const envelope = await signStatement(evidence.statement, { keyid: keyId, sign });
  await results.insertEvidence(tx, evidence);
  for (const { name, text, sha256: digest } of beside)
    await results.attach(tx, evidence.id, { name, digest, content: encoder.encode(text) });
  const { size: index } = await log.holdHead(tx, originOfNew);
  await log.introduceKey(tx, { keyId, publicKey });
  const leaf = await leafHash(envelope, sha256);
  const hashes = await appendLeaf(index, leaf, log.reader(tx), sha256);
  await log.append(tx, { index, evidenceId: evidence.id, envelope, leafHash: leaf }, hashes);
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
