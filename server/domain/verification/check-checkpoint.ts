import {
  type Checkpoint,
  type CheckpointCode,
  isKeyName,
  type Note,
  type NoteCode,
  noteKey,
  parseCheckpoint,
  parseNote,
  type SignatureCode,
  verifyConsistency,
  verifyCosignature,
  verifyNote,
} from '../log/index.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';
import type { AsyncSha256, VerifyEd25519 } from '../shared/signatures.ts';
import type { Bundle } from './bundle.ts';
import type { Steps } from './steps.ts';

export type WitnessKey = { readonly name: string; readonly publicKey: Uint8Array };

/**
 * A checkpoint that was kept: its signed note. A proof between its size and the bundle's, where the bundle brings
 * none; from the smaller to the larger, whichever that is.
 */
export type EarlierCheckpoint = {
  readonly note: string;
  readonly consistencyProof?: readonly Uint8Array[];
};

export type SignedCheckpoint = Parsed<
  { readonly note: Note; readonly checkpoint: Checkpoint },
  NoteCode | CheckpointCode
>;

type Given = {
  readonly checkpointKeys: readonly Uint8Array[];
  readonly origin: string | null;
  readonly earlierCheckpoint?: EarlierCheckpoint;
  readonly witnesses?: readonly WitnessKey[];
  readonly sha256: AsyncSha256;
  readonly verifyEd25519: VerifyEd25519;
};

/** Reads a signed note as a checkpoint. Nothing of it is verified by that. */
export function readSigned(text: string): SignedCheckpoint {
  const note = parseNote(text);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  return checkpoint.ok ? accepted({ note: note.value, checkpoint: checkpoint.value }) : checkpoint;
}

/**
 * Whether one of the given keys has signed a note under the log's name, or else under the one in its checkpoint. A log whose key was replaced
 * has checkpoints by either.
 */
async function verifySigned(
  { note, checkpoint }: { readonly note: Note; readonly checkpoint: Checkpoint },
  { checkpointKeys, origin, sha256, verifyEd25519 }: Given,
): Promise<Parsed<unknown, SignatureCode>> {
  const name = origin ?? checkpoint.origin;
  // A checkpoint may call its log what no key can be called. A name that was given is the caller's to mend.
  if (origin === null && !isKeyName(name))
    return refused('signature-missing', `No key can have signed for a log that is called ${name}.`);
  let missing: Parsed<unknown, SignatureCode> | null = null;
  for (const publicKey of checkpointKeys) {
    const key = await noteKey({ kind: 'note', name, publicKey }, sha256);
    const verified = await verifyNote(note, key, verifyEd25519);
    // A signature that is a key's and wrong says more than that others have not signed.
    if (verified.ok || verified.code !== 'signature-missing') return verified;
    missing ??= verified;
  }
  return missing ?? refused('signature-missing', 'No key of the log was given.');
}

export async function checkSignature(
  steps: Steps,
  signed: SignedCheckpoint | null,
  given: Given,
): Promise<Checkpoint | null> {
  if (!steps.needs('checkpoint-signature', 'bundle') || signed === null) return null;
  if (!signed.ok) return steps.fail('checkpoint-signature', signed);
  if (given.checkpointKeys.length === 0)
    return steps.notRun('checkpoint-signature', 'no-key', 'No key of the log was given.');
  const verified = await verifySigned(signed.value, given);
  if (!verified.ok) return steps.fail('checkpoint-signature', verified);
  return steps.pass('checkpoint-signature', 'The log has signed the checkpoint.', signed.value.checkpoint);
}

/**
 * A key may sign for several logs: a checkpoint of another one says nothing about this one. Who gives a key and no
 * name has not asked, and is told what the log calls itself.
 */
export function checkOrigin(steps: Steps, signed: SignedCheckpoint | null, { origin }: Given): void {
  if (!steps.needs('checkpoint-origin', 'bundle') || signed === null) return;
  if (!signed.ok) {
    steps.notRun('checkpoint-origin', 'prerequisite', `The checkpoint can't be read: ${signed.sentence}`);
    return;
  }
  const named = signed.value.checkpoint.origin;
  if (origin === null)
    steps.notRun(
      'checkpoint-origin',
      'not-asked',
      `No name of the log was given; the checkpoint says ${named}.`,
    );
  else if (named === origin)
    steps.pass('checkpoint-origin', 'The checkpoint is of the log that was named.', null);
  else
    steps.fail('checkpoint-origin', {
      code: 'origin-wrong',
      sentence: `The checkpoint is of another log than ${origin}.`,
    });
}

/**
 * Whether the log of the bundle goes on from the checkpoint that was kept. Where both are of one size, their roots
 * are compared. Where the kept one is the larger, the question is the other way round: with a proof it is answered,
 * and without one nothing is wrong, and nothing is proved either.
 */
export async function checkConsistency(
  steps: Steps,
  bundle: Bundle | null,
  checkpoint: Checkpoint | null,
  given: Given,
): Promise<void> {
  const { earlierCheckpoint, sha256 } = given;
  const name = 'consistency';
  if (earlierCheckpoint === undefined) {
    steps.notRun(name, 'not-asked', 'No earlier checkpoint was given.');
    return;
  }
  if (!steps.needs(name, 'bundle', 'checkpoint-signature')) return;
  if (given.origin !== null && !steps.needs(name, 'checkpoint-origin')) return;
  if (bundle === null || checkpoint === null) return;
  const unusable = (why: string) =>
    steps.fail(name, { code: 'earlier-unusable', sentence: `The earlier checkpoint can't be used: ${why}` });
  const kept = readSigned(earlierCheckpoint.note);
  if (!kept.ok) {
    unusable(kept.sentence);
    return;
  }
  // A file that anybody could have written says nothing about what the log has said.
  const verified = await verifySigned(kept.value, given);
  const earlier = kept.value.checkpoint;
  if (!verified.ok || earlier.origin !== checkpoint.origin) {
    unusable(verified.ok ? 'It is of another log.' : verified.sentence);
    return;
  }
  const [first, second] = earlier.size <= checkpoint.size ? [earlier, checkpoint] : [checkpoint, earlier];
  const brought = bundle.consistency.find(({ fromSize }) => fromSize === earlier.size && earlier === first);
  const needsNone = first.size === 0 || first.size === second.size;
  const proof = needsNone ? [] : (earlierCheckpoint.consistencyProof ?? brought?.proof);
  if (proof === undefined) {
    const from = `from ${first.size} to ${second.size} entries`;
    if (earlier === first) steps.notRun(name, 'proof-missing', `The bundle brings no proof ${from}.`);
    else
      steps.notRun(
        name,
        'earlier-is-newer',
        `The checkpoint given is newer than the bundle's: it takes a proof ${from}, or a newer bundle.`,
      );
    return;
  }
  const proved = await verifyConsistency({ first, second, proof }, sha256);
  if (proved.ok)
    steps.pass(name, `The log of ${second.size} entries goes on from that of ${first.size}.`, null);
  else steps.fail(name, proved);
}

/** Every witness that was asked for has to have cosigned. Cosignatures by others count for nothing. */
export async function checkWitnesses(
  steps: Steps,
  signed: SignedCheckpoint | null,
  { witnesses = [], sha256, verifyEd25519 }: Given,
): Promise<void> {
  const name = 'witnesses';
  if (witnesses.length === 0) {
    steps.notRun(name, 'not-asked', 'No witness was given.');
    return;
  }
  if (!steps.needs(name, 'bundle') || signed === null) return;
  if (!signed.ok) {
    steps.notRun(name, 'prerequisite', `The checkpoint can't be read: ${signed.sentence}`);
    return;
  }
  const seen: string[] = [];
  for (const witness of witnesses) {
    const key = await noteKey({ kind: 'cosignature', ...witness }, sha256);
    const cosigned = await verifyCosignature(signed.value.note, key, verifyEd25519);
    if (!cosigned.ok) {
      steps.fail(name, cosigned);
      return;
    }
    seen.push(`${witness.name} at ${cosigned.value.seconds} seconds since 1970`);
  }
  steps.pass(name, `It was cosigned by ${seen.join(', ')}.`, null);
}
