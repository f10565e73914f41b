import { signStatement } from '../../domain/attestation/index.ts';
import { type Attachment, listedAs } from '../../domain/evidence/index.ts';
import { leafHash } from '../../domain/log/index.ts';
import { toHex } from '../../domain/shared/bytes.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { CheckpointKeep, Sealing, Signer } from '../ports/evidence-log.ts';
import type { NewEvidence, ResultStore } from '../ports/result-store.ts';
import type { Transaction, UnitOfWork } from '../ports/unit-of-work.ts';

export type RecordDeps = {
  readonly results: Pick<ResultStore, 'insertEvidence' | 'attach'>;
  readonly sealing: Sealing;
};

export type Fact = {
  readonly id: string;
  /** Its statement, in canonical JSON: all that it is listed by is taken from there. */
  readonly text: string;
  /** Of a statement that does not say them. */
  readonly unsaid?: Partial<Pick<NewEvidence, 'replayId' | 'agreement'>>;
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
  { id, text, unsaid = {} }: Fact,
  beside: readonly Attachment[],
): Promise<void> {
  const statement = encoder.encode(text);
  const envelope = await seal(sealing, statement);
  const listed = listedAs(JSON.parse(text));
  if (listed === null) throw new Error(`record ${id} says nothing that it could be listed by`);
  const { replayId = unsaid.replayId ?? null, agreement = unsaid.agreement ?? null, ...rest } = listed;
  const digest = toHex(await sealing.sha256(statement));
  await results.insertEvidence(tx, { ...rest, replayId, agreement, id, statement, digest });
  for (const each of beside)
    await results.attach(tx, id, {
      name: each.name,
      digest: each.sha256,
      content: encoder.encode(each.text),
    });
  await append(sealing, tx, { evidenceId: id, envelope });
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
  if (size === 0) {
    await refuseEmptied(sealing, tx);
    if ((await log.unlogged(tx)).some(({ id }) => id !== entry.evidenceId))
      throw new RepriseError(
        'signing-failed',
        'Evidence could not be signed: records from before there was a log have to be its first entries, and a worker takes them in when it starts.',
        { where: 'entry 0' },
      );
  }
  await appendAt(sealing, tx, size, entry);
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

/** A log that had entries and has none any more was emptied, and nothing is signed in its place. */
async function refuseEmptied({ log }: Sealing, tx: Transaction): Promise<void> {
  if ((await log.keys(tx)).length > 0 || (await log.latestCheckpoint(tx)) !== null)
    throw emptied('by its keys and checkpoints');
}

const emptied = (how: string) =>
  new RepriseError(
    'evidence-log-rewritten',
    `The evidence log has had entries, ${how}, and has none now: it was emptied. Nothing is signed until it is known why.`,
    { where: 'entry 0', lasting: true },
  );

/**
 * Begins the log with the records that were made before there was one, in the order in which they were made. What
 * stands beside the log later was put there past all code, and is found. Where a checkpoint is kept there has been a
 * log, whatever the database says: then nothing is taken in.
 */
export async function beginLog(
  unitOfWork: UnitOfWork,
  sealing: Sealing,
  keeps: readonly CheckpointKeep[],
): Promise<number> {
  const { log } = sealing;
  const isBegun = async (tx: Transaction) =>
    ((await log.head(tx))?.size ?? 0) > 0 || (await log.unlogged(tx)).length === 0;
  if (await unitOfWork.run(isBegun)) return 0;
  for (const keep of keeps)
    if ((await keep.latest()).length > 0) throw emptied(`by the checkpoints in ${keep.name}`);
  return unitOfWork.run(async (tx) => {
    if ((await log.holdHead(tx, sealing.originOfNew)).size > 0) return 0;
    await refuseEmptied(sealing, tx);
    const older = await log.unlogged(tx);
    for (const [index, { id, statement }] of older.entries())
      await appendAt(sealing, tx, index, { evidenceId: id, envelope: await seal(sealing, statement) });
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
