import { signStatement } from '../../domain/attestation/index.ts';
import type { Attachment } from '../../domain/evidence/index.ts';
import { leafHash } from '../../domain/log/index.ts';
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
  sealing: Sealing,
  tx: Transaction,
  entry: { readonly evidenceId: string; readonly envelope: Uint8Array },
): Promise<void> {
  const { log, originOfNew } = sealing;
  const { size } = await log.holdHead(tx, originOfNew);
  const older = size === 0 ? await sealOlder(sealing, tx, entry.evidenceId) : 0;
  await appendAt(sealing, tx, size + older, entry);
}

async function appendAt(
  { log, signer, sha256 }: Sealing,
  tx: Transaction,
  index: number,
  { evidenceId, envelope }: { readonly evidenceId: string; readonly envelope: Uint8Array },
): Promise<void> {
  const { keyId, publicKey } = mustSign(signer);
  await log.introduceKey(tx, { keyId, publicKey });
  await log.append(tx, { index, evidenceId, envelope, leafHash: await leafHash(envelope, sha256) });
}

/**
 * Begins the log with the records that were made before there was one, in the order in which they were made. Called
 * with its head held and for its first entry alone: what stands beside the log later was put there past all code, and
 * is found. A log that had entries and has none any more was emptied, and nothing is signed in its place.
 */
async function sealOlder(sealing: Sealing, tx: Transaction, except: string | null): Promise<number> {
  const { log } = sealing;
  if ((await log.keys(tx)).length > 0 || (await log.latestCheckpoint(tx)) !== null)
    throw new RepriseError(
      'evidence-log-rewritten',
      'The evidence log has had entries, by its keys and checkpoints, and has none now: it was emptied. Nothing is signed until it is known why.',
      { where: 'entry 0', lasting: true },
    );
  const older = (await log.unlogged(tx)).filter(({ id }) => id !== except);
  for (const [index, { id, statement }] of older.entries())
    await appendAt(sealing, tx, index, { evidenceId: id, envelope: await seal(sealing, statement) });
  return older.length;
}

/** Begins the log where none of it has begun, so that the first to record something need not wait for that. */
export function beginLog(unitOfWork: UnitOfWork, sealing: Sealing): Promise<number> {
  return unitOfWork.run(async (tx) => {
    if (((await sealing.log.head(tx))?.size ?? 0) > 0) return 0;
    if ((await sealing.log.unlogged(tx)).length === 0) return 0;
    const { size } = await sealing.log.holdHead(tx, sealing.originOfNew);
    return size > 0 ? 0 : sealOlder(sealing, tx, null);
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
