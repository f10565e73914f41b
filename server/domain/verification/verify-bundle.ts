import { type Envelope, parseEnvelope, signerOf, statementPayloadType } from '../attestation/index.ts';
import { type KnownStatement, parseStatement, planTextShown, subjectsOf } from '../evidence/index.ts';
import { leafHash, verifyInclusion } from '../log/index.ts';
import { decodeUtf8, toHex, utf8 } from '../shared/bytes.ts';
import { canonicalJson, isCanonical } from '../shared/canonical-json.ts';
import type { AsyncSha256, VerifyEd25519 } from '../shared/signatures.ts';
import { type Bundle, parseBundle } from './bundle.ts';
import {
  checkConsistency,
  checkOrigin,
  checkSignature,
  checkWitnesses,
  type EarlierCheckpoint,
  readSigned,
  type SignedCheckpoint,
  type WitnessKey,
} from './check-checkpoint.ts';
import { checkAttachments, checkMeaning } from './check-record.ts';
import { type Report, reportOf } from './report.ts';
import { Steps } from './steps.ts';

export type VerifyInput = {
  /** Of the bundle, as they came. */
  readonly bytes: Uint8Array;
  /** Keys that may have signed the record: 32 raw bytes each, from somewhere else than the bundle. */
  readonly recordKeys: readonly Uint8Array[];
  /** Keys that may have signed checkpoints of the log, likewise; without any nothing is verified in full. */
  readonly checkpointKeys: readonly Uint8Array[];
  /** What the log is called; null where nobody has said so, and then it may be any log of these keys. */
  readonly origin: string | null;
  /** A checkpoint of the same log that was kept, to see that nothing before it was rewritten. */
  readonly earlierCheckpoint?: EarlierCheckpoint;
  /** Witnesses of whom each has to have cosigned. */
  readonly witnesses?: readonly WitnessKey[];
  readonly sha256: AsyncSha256;
  readonly verifyEd25519: VerifyEd25519;
};

/**
 * Verifies a bundle without asking anybody anything: a check for each thing that has to be so, and what follows. A
 * check whose prerequisite has not passed is not made, and says so; others are, so that one fault hides no other.
 * Whatever the bytes are, it does not throw. It throws a RangeError for a given key or name that is none.
 */
export async function verifyBundle(input: VerifyInput): Promise<Report> {
  const steps = new Steps();
  const bundle = checkBundle(steps, input);
  const envelope = checkEnvelope(steps, bundle);
  await checkSigner(steps, envelope, input);
  checkPayloadType(steps, envelope);
  const statement = checkStatement(steps, envelope);
  await checkSubjects(steps, statement, input);
  const signed = bundle === null ? null : readSigned(bundle.checkpoint);
  await checkInclusion(steps, bundle, signed, input);
  const checkpoint = await checkSignature(steps, signed, input);
  checkOrigin(steps, signed, input);
  await checkConsistency(steps, bundle, checkpoint, input);
  await checkWitnesses(steps, signed, input);
  await checkAttachments(steps, bundle, statement, input.sha256);
  await checkMeaning(steps, bundle, statement, input.sha256);
  return reportOf(steps.all(), statement);
}

function checkBundle(steps: Steps, { bytes }: VerifyInput): Bundle | null {
  const bundle = parseBundle(bytes);
  return bundle.ok
    ? steps.pass('bundle', 'The bundle is in its canonical form.', bundle.value)
    : steps.fail('bundle', bundle);
}

function checkEnvelope(steps: Steps, bundle: Bundle | null): Envelope | null {
  if (!steps.needs('envelope', 'bundle') || bundle === null) return null;
  const envelope = parseEnvelope(bundle.envelope);
  return envelope.ok
    ? steps.pass('envelope', 'The envelope is one of DSSE v1.', envelope.value)
    : steps.fail('envelope', envelope);
}

async function checkSigner(
  steps: Steps,
  envelope: Envelope | null,
  { recordKeys, verifyEd25519 }: VerifyInput,
): Promise<void> {
  if (!steps.needs('signature', 'envelope') || envelope === null) return;
  if (recordKeys.length === 0) {
    steps.notRun('signature', 'no-key', 'No key was given that may have signed the record.');
    return;
  }
  if ((await signerOf(envelope, recordKeys, verifyEd25519)) === null)
    steps.fail('signature', {
      code: 'not-signed',
      sentence: 'No signature of the envelope is by a given key.',
    });
  else steps.pass('signature', 'The record is signed by a given key.', null);
}

function checkPayloadType(steps: Steps, envelope: Envelope | null): void {
  if (!steps.needs('payload-type', 'envelope') || envelope === null) return;
  if (envelope.payloadType === statementPayloadType)
    steps.pass('payload-type', 'The payload is an in-toto statement.', null);
  else
    steps.fail('payload-type', {
      code: 'payload-type-wrong',
      sentence: `The payload is of another type than ${statementPayloadType}.`,
    });
}

/** What nobody signed is not read any further. */
function checkStatement(steps: Steps, envelope: Envelope | null): KnownStatement | null {
  if (!steps.needs('statement', 'signature', 'payload-type') || envelope === null) {
    steps.needs('canonical-statement', 'statement');
    return null;
  }
  const text = decodeUtf8(envelope.payload);
  const json = text === null ? undefined : parseJson(text);
  const statement = parseStatement(json);
  if (!statement.ok) {
    steps.fail('statement', statement);
    steps.needs('canonical-statement', 'statement');
    return null;
  }
  steps.pass('statement', 'The statement is a record of a known kind.', null);
  if (text !== null && isCanonical(json, text))
    return steps.pass('canonical-statement', 'Its bytes are its canonical form.', statement.value);
  return steps.fail('canonical-statement', {
    code: 'not-canonical',
    sentence: 'The bytes of the statement are not its canonical form (RFC 8785).',
  });
}

/** undefined for what is no JSON: no schema takes it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function checkSubjects(
  steps: Steps,
  statement: KnownStatement | null,
  { sha256 }: VerifyInput,
): Promise<void> {
  if (!steps.needs('subjects', 'canonical-statement') || statement === null) return;
  if (canonicalJson(statement.subject) !== canonicalJson(subjectsOf(statement))) {
    steps.fail('subjects', {
      code: 'subjects-wrong',
      sentence: 'The subjects of the statement are not what its predicate is about.',
    });
    return;
  }
  const { predicate } = statement;
  const text = planTextShown(statement);
  if (text !== null && 'plan_hash' in predicate && toHex(await sha256(utf8(text))) !== predicate.plan_hash)
    steps.fail('subjects', {
      code: 'plan-hash-wrong',
      sentence: 'The plan that the record shows has another hash than it says.',
    });
  else steps.pass('subjects', 'The statement is about what its predicate names.', null);
}

async function checkInclusion(
  steps: Steps,
  bundle: Bundle | null,
  signed: SignedCheckpoint | null,
  { sha256 }: VerifyInput,
): Promise<void> {
  if (!steps.needs('inclusion', 'bundle') || bundle === null || signed === null) return;
  if (!signed.ok) {
    steps.notRun('inclusion', 'prerequisite', `The checkpoint can't be read: ${signed.sentence}`);
    return;
  }
  const { size, root } = signed.value.checkpoint;
  const { inclusion, envelope } = bundle;
  if (inclusion.size !== size) {
    steps.fail('inclusion', {
      code: 'size-wrong',
      sentence: `The proof is for ${inclusion.size} entries, and the checkpoint is over ${size}.`,
    });
    return;
  }
  const proved = await verifyInclusion(
    { ...inclusion, leaf: await leafHash(envelope, sha256), root },
    sha256,
  );
  if (proved.ok) steps.pass('inclusion', `The envelope is entry ${inclusion.index} of the log.`, null);
  else steps.fail('inclusion', proved);
}
