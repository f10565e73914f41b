import {
  type Checkpoint,
  cosign,
  emptyRoot,
  judgeOffer,
  type Note,
  type NoteKey,
  type NoteSignature,
  noteText,
  parseCheckpoint,
  parseNote,
  parseTilePath,
  proveConsistency,
  readerOfTiles,
  tilePath,
  tileWidth,
  verifyConsistency,
  verifyCosignature,
  verifyNote,
  withSignature,
} from '../../domain/log/index.ts';
import { equalBytes } from '../../domain/shared/bytes.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { accepted, type Parsed, refused } from '../../domain/shared/parsed.ts';
import type { AsyncSha256, SignEd25519, VerifyEd25519 } from '../../domain/shared/signatures.ts';
import {
  LogFault,
  type LogFaultCode,
  type LogSource,
  type StoryCode,
  type WitnessMemory,
} from '../ports/witness.ts';

export type WitnessDeps = {
  readonly source: LogSource;
  readonly memory: WitnessMemory;
  /** Those by which the log may sign, under its own name. */
  readonly logKeys: readonly NoteKey[];
  /** null: it looks and remembers, and cosigns nothing. */
  readonly cosigner: { readonly key: NoteKey; readonly sign: SignEd25519 } | null;
  /** Whether a cosignature is handed back to the log. */
  readonly handsBack: boolean;
  readonly sha256: AsyncSha256;
  readonly verifyEd25519: VerifyEd25519;
};

export type RefusalCode = LogFaultCode | StoryCode | 'signature-wrong';

export type Round =
  | {
      readonly outcome: 'believed';
      readonly origin: string;
      readonly size: number;
      /** Whether the log had never been seen before: nothing could be held against it. */
      readonly isFirst: boolean;
      readonly hasGrown: boolean;
      /** The checkpoint, with this witness' cosignature where it cosigns. */
      readonly note: string;
      readonly cosigned: boolean;
      /** null: it was not tried. */
      readonly handed: { readonly taken: boolean; readonly sentence: string } | null;
    }
  | {
      readonly outcome: 'refused';
      readonly code: RefusalCode;
      readonly sentence: string;
      /** Where both checkpoints are kept; null where there are none to keep, or no room is left. */
      readonly kept: string | null;
    };

type Seen = { readonly note: Note; readonly checkpoint: Checkpoint };

/**
 * Looks at a log once. What it shows is believed only where it goes on from all that was believed before, and is kept
 * for good before it is cosigned: a witness that is killed in between has promised nothing that it does not remember.
 */
export async function witnessRound(deps: WitnessDeps, seconds: number): Promise<Round> {
  const kept = await deps.memory.newest();
  const remembered = kept === null ? null : await ofMemory(deps, kept);
  try {
    const offered = await readSigned(deps, await deps.source.checkpoint());
    if (!offered.ok) return { outcome: 'refused', ...withoutOk(offered), kept: null };
    const judged = await judge(deps, remembered, offered.value);
    if (judged === null) return await believe(deps, kept?.number ?? 0, remembered, offered.value, seconds);
    const where =
      remembered === null
        ? null
        : await deps.memory.keepRefused(judged.code, noteText(remembered.note), noteText(offered.value.note));
    return { outcome: 'refused', ...judged, kept: where };
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    return { outcome: 'refused', code: error.code, sentence: error.message, kept: null };
  }
}

const withoutOk = ({ code, sentence }: { readonly code: RefusalCode; readonly sentence: string }) => ({
  code,
  sentence,
});

/** Somebody who changes the memory could have it believe another history, so it is verified like what a log shows. */
async function ofMemory(
  deps: WitnessDeps,
  { number, note }: { readonly number: number; readonly note: string },
): Promise<Seen> {
  const read = await readSigned(deps, note);
  if (read.ok) return read.value;
  throw new RepriseError(
    'input-invalid',
    `What this witness remembers is not a checkpoint of this log: ${read.sentence} Nothing is cosigned. Was the state folder changed, is it that of another log, or has the log another key since (then give both)?`,
    { where: `checkpoint ${number} of the state folder` },
  );
}

/** The note with the log's own signature alone: what else stands there is of others. */
async function readSigned(
  { logKeys, sha256, verifyEd25519 }: WitnessDeps,
  text: string,
): Promise<Parsed<Seen, 'rubbish' | 'signature-wrong'>> {
  const note = parseNote(text);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !checkpoint.ok)
    return refused(
      'rubbish',
      `What the log shows is no checkpoint. ${checkpoint.ok ? '' : checkpoint.sentence}`,
    );
  // Nothing grows out of another: whoever cosigned that would vouch for a tree that there can't be.
  const { size, root } = checkpoint.value;
  if (size === 0 && !equalBytes(root, await emptyRoot(sha256)))
    return refused('rubbish', 'What the log shows is no checkpoint. A log of no entries has another root.');
  let why = 'No key was given that could have signed it.';
  for (const key of logKeys) {
    const verified = await verifyNote(note.value, key, verifyEd25519);
    if (verified.ok && checkpoint.value.origin === key.name) {
      const signatures = note.value.signatures.filter(
        (each) => each.name === key.name && each.keyId === key.keyId,
      );
      return accepted({ note: { text: note.value.text, signatures }, checkpoint: checkpoint.value });
    }
    why = verified.ok
      ? `It is a checkpoint of ${checkpoint.value.origin}, and not of ${key.name}.`
      : verified.sentence;
  }
  return refused('signature-wrong', `The checkpoint is not signed by the log. ${why}`);
}

async function judge(
  { source, sha256 }: WitnessDeps,
  remembered: Seen | null,
  { checkpoint: offered }: Seen,
): Promise<{ readonly code: StoryCode; readonly sentence: string } | null> {
  const offer = judgeOffer(remembered?.checkpoint ?? null, offered);
  if (remembered === null || offer === 'first' || offer === 'same') return null;
  const first = remembered.checkpoint;
  if (offer === 'rolled-back')
    return {
      code: 'rolled-back',
      sentence: `The log shows ${offered.size} entries, and has shown ${first.size} before: it was set back, or an old copy of it answers.`,
    };
  if (offer === 'forked')
    return {
      code: 'forked',
      sentence: `The log has signed two different trees of ${first.size} entries: it tells two histories.`,
    };
  const proof = await proofFrom(source, first.size, offered.size, sha256);
  const proved = await verifyConsistency({ first, second: offered, proof }, sha256);
  if (proved.ok) return null;
  return {
    code: 'inconsistent',
    sentence: `The log of ${offered.size} entries does not go on from that of ${first.size} that it has shown before: entries were changed or taken out. ${proved.sentence}`,
  };
}

/** Computed here from tiles, so that every log of C2SP tlog-tiles will do: none of them has to offer proofs. */
function proofFrom(
  source: LogSource,
  from: number,
  to: number,
  sha256: AsyncSha256,
): Promise<readonly Uint8Array[]> {
  const reader = readerOfTiles(
    to,
    async (tiles) => {
      const contents: Uint8Array[] = [];
      for (const tile of tiles) contents.push(await tileOf(source, tilePath(tile)));
      return contents;
    },
    sha256,
  );
  return proveConsistency(from, to, reader, sha256).catch((error: unknown) => {
    if (error instanceof RangeError)
      throw new LogFault('rubbish', `The log's tiles are none: ${error.message}.`);
    throw error;
  });
}

/** A log that has grown meanwhile may have no partial tile any more, but the whole one that begins with it. */
async function tileOf(source: LogSource, path: string): Promise<Uint8Array> {
  const found = await source.tile(path);
  if (found !== null) return found;
  const tile = parseTilePath(path);
  const isPartial = tile.ok && tile.value.width < tileWidth;
  const whole = isPartial ? await source.tile(tilePath({ ...tile.value, width: tileWidth })) : null;
  if (whole !== null) return whole;
  throw new LogFault('rubbish', `The log has signed a checkpoint, and does not have its ${path}.`);
}

async function believe(
  deps: WitnessDeps,
  number: number,
  remembered: Seen | null,
  offered: Seen,
  seconds: number,
): Promise<Round> {
  const hasGrown = remembered === null || offered.checkpoint.size > remembered.checkpoint.size;
  if (hasGrown) await deps.memory.remember(number, noteText(offered.note));
  const at = hasGrown ? number + 1 : number;
  const { note, checkpoint } = hasGrown || remembered === null ? offered : remembered;
  const { origin, size } = checkpoint;
  const believed = { outcome: 'believed', origin, size, isFirst: remembered === null, hasGrown } as const;
  if (deps.cosigner === null) return { ...believed, note: noteText(note), cosigned: false, handed: null };
  const cosigned = await cosignOnce(deps, deps.cosigner, at, note, seconds);
  return { ...believed, note: cosigned, cosigned: true, handed: await handBack(deps, cosigned) };
}

/** A checkpoint is cosigned once: whoever asks again gets the same bytes. */
async function cosignOnce(
  { memory, verifyEd25519 }: WitnessDeps,
  cosigner: NonNullable<WitnessDeps['cosigner']>,
  number: number,
  note: Note,
  seconds: number,
): Promise<string> {
  const before = await memory.cosigned(number);
  const parsed = before === null ? null : parseNote(before);
  const isOurs =
    parsed?.ok === true &&
    parsed.value.text === note.text &&
    note.signatures.every((own) => parsed.value.signatures.some((each) => isSameSignature(own, each))) &&
    (await verifyCosignature(parsed.value, cosigner.key, verifyEd25519)).ok;
  // By another key, or damaged: it is made anew.
  if (before !== null && isOurs) return before;
  const cosigned = noteText(withSignature(note, await cosign(note.text, cosigner, seconds)));
  await memory.keepCosigned(number, cosigned);
  return cosigned;
}

const isSameSignature = (one: NoteSignature, other: NoteSignature) =>
  one.name === other.name && one.keyId === other.keyId && equalBytes(one.signature, other.signature);

async function handBack(
  { source, handsBack }: WitnessDeps,
  note: string,
): Promise<{ readonly taken: boolean; readonly sentence: string } | null> {
  if (!handsBack) return null;
  try {
    const taken = await source.hand(note);
    return taken.ok
      ? { taken: true, sentence: 'The log has taken it.' }
      : { taken: false, sentence: taken.sentence };
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    return { taken: false, sentence: error.message };
  }
}
