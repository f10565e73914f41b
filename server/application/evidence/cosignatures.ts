import {
  type Note,
  type NoteKey,
  noteText,
  parseCheckpoint,
  parseNote,
  verifyCosignature,
  withSignature,
} from '../../domain/log/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { accepted, type Parsed, refused } from '../../domain/shared/parsed.ts';
import type { AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { StoredCheckpoint } from '../ports/evidence-log.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import type { LogDeps } from './sign-checkpoint.ts';

export type CosignatureDeps = LogDeps & {
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Whose cosignatures are taken. */
  readonly witnesses: readonly NoteKey[];
};

export type CosignatureRefusal =
  | 'no-witnesses'
  | 'note-malformed'
  | 'witness-unknown'
  | 'checkpoint-unknown'
  | 'checkpoint-other'
  | 'cosignature-wrong'
  | 'time-wrong';

export type Taken = {
  readonly size: number;
  /** Those by configured witnesses, as `name+id`. */
  readonly by: readonly string[];
  /** false: all of them were here already. */
  readonly isNew: boolean;
};

/** A witness' clock may be so far ahead of ours. */
const AHEAD_SECONDS = 600;

/**
 * Takes a checkpoint that a witness hands back with its cosignature. Nobody signs in for it: a cosignature is its own
 * credential, and says nothing but what its witness has signed. What is refused is on record as what is taken is.
 */
export async function takeCosignature(
  deps: CosignatureDeps,
  note: string,
): Promise<Parsed<Taken, CosignatureRefusal>> {
  const read = parseNote(note);
  const by = read.ok ? known(deps, read.value) : [];
  const taken = await deps.unitOfWork.run(async (tx) => {
    const judged = await judge(deps, tx, note);
    if (!judged.ok) return judged;
    const { size, cosignatures } = judged.value;
    const added: string[] = [];
    for (const { key, seconds, signature } of cosignatures) {
      const { name, keyId, publicKey } = key;
      if (await deps.sealing.log.addCosignature(tx, { size, name, keyId, publicKey, seconds, signature }))
        added.push(nameOf(key));
    }
    for (const actor of added)
      await deps.audit.append(tx, {
        actor: `witness:${actor}`,
        action: 'checkpoint.cosigned',
        subject: `checkpoint:${size}`,
        outcome: 'done',
        detail: {},
      });
    return accepted({ size, by: cosignatures.map(({ key }) => nameOf(key)), isNew: added.length > 0 });
  });
  // A log that takes none at all has nothing to keep of whoever asks: anybody may, and what is on record stays there.
  if (taken.ok || taken.code === 'no-witnesses') return taken;
  await deps.unitOfWork.run((tx) =>
    deps.audit.append(tx, {
      // Who is not known has no name here: they would have chosen it themselves.
      actor: by[0] === undefined ? 'unknown' : `witness:${nameOf(by[0])}`,
      action: 'checkpoint.cosigned',
      subject: 'evidence log',
      outcome: 'refused',
      // Of another log, by a witness of ours: the note is the proof that there are two.
      detail: {
        code: taken.code,
        sentence: taken.sentence,
        ...(taken.code === 'checkpoint-other' ? { note: note.slice(0, 4_000) } : {}),
      },
    }),
  );
  return taken;
}

const nameOf = ({ name, keyId }: Pick<NoteKey, 'name' | 'keyId'>) => `${name}+${keyId}`;

/** The configured witnesses that a note says it is cosigned by. */
const known = ({ witnesses }: CosignatureDeps, { signatures }: Note) =>
  witnesses.filter((key) => signatures.some((each) => each.name === key.name && each.keyId === key.keyId));

type Cosigned = {
  readonly size: number;
  readonly cosignatures: readonly {
    readonly key: NoteKey;
    readonly seconds: number;
    readonly signature: Uint8Array;
  }[];
};

async function judge(
  deps: CosignatureDeps,
  tx: Transaction,
  text: string,
): Promise<Parsed<Cosigned, CosignatureRefusal>> {
  const { log, verifyEd25519 } = deps.sealing;
  if (deps.witnesses.length === 0)
    return refused('no-witnesses', 'This log takes no cosignatures: REPRISE_WITNESS_KEYS names no witness.');
  const note = parseNote(text);
  const said = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !said.ok)
    return refused(
      'note-malformed',
      `What was sent is no cosigned checkpoint. ${said.ok ? '' : said.sentence}`,
    );
  const keys = known(deps, note.value);
  if (keys.length === 0)
    return refused(
      'witness-unknown',
      'The checkpoint has no cosignature by a witness that REPRISE_WITNESS_KEYS names.',
    );
  const cosignatures: { key: NoteKey; seconds: number; signature: Uint8Array }[] = [];
  for (const key of keys) {
    const verified = await verifyCosignature(note.value, key, verifyEd25519);
    if (!verified.ok) return refused('cosignature-wrong', verified.sentence);
    const { seconds } = verified.value;
    if (seconds > deps.clock.now().getTime() / 1_000 + AHEAD_SECONDS)
      return refused(
        'time-wrong',
        `The cosignature of ${nameOf(key)} is of a time that has not come yet: is the clock of the witness right?`,
      );
    const found = note.value.signatures.find((each) => each.name === key.name && each.keyId === key.keyId);
    if (found !== undefined) cosignatures.push({ key, seconds, signature: found.signature });
  }
  // Last: only a witness is told that it has seen another log than this one.
  const { size } = said.value;
  const stored = await log.checkpointFrom(tx, size);
  const own = stored === null ? null : parseNote(stored.note);
  if (stored === null || stored.size !== size || own?.ok !== true)
    return refused(
      'checkpoint-unknown',
      `This log has signed no checkpoint of ${size} entries that it knows of.`,
    );
  if (own.value.text !== note.value.text)
    return refused(
      'checkpoint-other',
      `The witness has cosigned another checkpoint of ${size} entries than this log has signed: one of the two was forged, or this database is not the one that the witness saw.`,
    );
  return accepted({ size, cosignatures });
}

/** A checkpoint's note with all cosignatures that are here of it, always in the same order. */
export async function withCosignatures(
  { sealing: { log } }: Pick<LogDeps, 'sealing'>,
  tx: Transaction,
  { size, note }: Pick<StoredCheckpoint, 'size' | 'note'>,
): Promise<string> {
  const parsed = parseNote(note);
  if (!parsed.ok) return note;
  return noteText((await log.cosignatures(tx, size)).reduce(withSignature, parsed.value));
}

/** The oldest checkpoint of at least `size` entries that every configured witness has cosigned, with what they signed. */
export async function cosignedCover(
  deps: Pick<CosignatureDeps, 'sealing' | 'witnesses'>,
  tx: Transaction,
  size: number,
): Promise<StoredCheckpoint> {
  const { witnesses } = deps;
  if (witnesses.length === 0)
    throw new RepriseError(
      'input-invalid',
      'No witness is configured, so that no checkpoint is cosigned: REPRISE_WITNESS_KEYS names them.',
      { where: 'cosigned' },
    );
  const stored = await deps.sealing.log.cosignedFrom(tx, size, witnesses);
  if (stored === null)
    throw new RepriseError(
      'input-invalid',
      `No checkpoint that covers it has been cosigned by all witnesses (${witnesses.map(nameOf).join(', ')}) yet: try again once they have, or leave that out.`,
      { where: 'cosigned' },
    );
  return { ...stored, note: await withCosignatures(deps, tx, stored) };
}
