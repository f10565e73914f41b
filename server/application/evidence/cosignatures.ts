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
import { checkpointReader, type LogDeps } from './sign-checkpoint.ts';

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
 * credential, and says nothing but what its witness has signed. What is refused is on record once, where a witness has
 * cosigned what a key of this log has signed; anything else anybody could send as often as they like, and what is on
 * record stays there.
 */
export async function takeCosignature(
  deps: CosignatureDeps,
  note: string,
): Promise<Parsed<Taken, CosignatureRefusal>> {
  return deps.unitOfWork.run(async (tx) => {
    const { verdict, proven } = await judge(deps, tx, note);
    if (!verdict.ok) {
      if (proven !== null) await putOnRecord(deps, tx, { ...proven, ...verdict, note });
      return verdict;
    }
    const { size, cosignatures } = verdict.value;
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
}

type Refusal = {
  readonly code: CosignatureRefusal;
  readonly sentence: string;
  readonly size: number;
  readonly by: NoteKey;
  readonly note: string;
};

/** Once: whoever has the note may send it again and again. */
async function putOnRecord(
  { sealing: { log }, audit }: CosignatureDeps,
  tx: Transaction,
  { code, sentence, size, by, note }: Refusal,
): Promise<void> {
  const [actor, subject] = [`witness:${nameOf(by)}`, `checkpoint:${size}`];
  if (await log.isRefused(tx, { actor, subject, code })) return;
  await audit.append(tx, {
    actor,
    action: 'checkpoint.cosigned',
    subject,
    outcome: 'refused',
    // Of another tree, by a witness of ours and a key of this log: the note is the proof that there are two.
    detail: { code, sentence, ...(code === 'checkpoint-other' ? { note: note.slice(0, 4_000) } : {}) },
  });
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

/** `proven`: by whom, and of how many entries, where a witness has cosigned what a key of this log has signed. */
type Judged = {
  readonly verdict: Parsed<Cosigned, CosignatureRefusal>;
  readonly proven: { readonly by: NoteKey; readonly size: number } | null;
};

async function judge(deps: CosignatureDeps, tx: Transaction, text: string): Promise<Judged> {
  const no = (code: CosignatureRefusal, sentence: string, proven: Judged['proven'] = null): Judged => ({
    verdict: refused(code, sentence),
    proven,
  });
  if (deps.witnesses.length === 0)
    return no('no-witnesses', 'This log takes no cosignatures: REPRISE_WITNESS_KEYS names no witness.');
  const note = parseNote(text);
  const said = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !said.ok)
    return no('note-malformed', `What was sent is no cosigned checkpoint. ${said.ok ? '' : said.sentence}`);
  const keys = known(deps, note.value);
  const [by] = keys;
  if (by === undefined)
    return no(
      'witness-unknown',
      'The checkpoint has no cosignature by a witness that REPRISE_WITNESS_KEYS names.',
    );
  const cosignatures: Cosigned['cosignatures'][number][] = [];
  for (const key of keys) {
    const verified = await verifyCosignature(note.value, key, deps.sealing.verifyEd25519);
    if (!verified.ok) return no('cosignature-wrong', verified.sentence);
    const found = note.value.signatures.find((each) => each.name === key.name && each.keyId === key.keyId);
    if (found !== undefined)
      cosignatures.push({ key, seconds: verified.value.seconds, signature: found.signature });
  }
  // A witness may watch other logs too, and what it cosigns of them is for anybody to take: that says nothing of this.
  const isOwn = (await (await checkpointReader(deps, tx))(text))?.isSigned === true;
  const { size } = said.value;
  const proven = isOwn ? { by, size } : null;
  const latest = deps.clock.now().getTime() / 1_000 + AHEAD_SECONDS;
  const early = cosignatures.find(({ seconds }) => seconds > latest);
  if (early !== undefined)
    return no(
      'time-wrong',
      `The cosignature of ${nameOf(early.key)} is of a time that has not come yet: is the clock of the witness right?`,
      proven,
    );
  // Last: only a witness is told that it has seen another log than this one.
  const stored = await deps.sealing.log.checkpointFrom(tx, size);
  const own = stored === null ? null : parseNote(stored.note);
  if (!isOwn || stored === null || stored.size !== size || own?.ok !== true)
    return no(
      'checkpoint-unknown',
      `This log has signed no such checkpoint of ${size} entries that it knows of.`,
      proven,
    );
  if (own.value.text !== note.value.text)
    return no(
      'checkpoint-other',
      `The witness has cosigned another checkpoint of ${size} entries than this log has signed: one of the two was forged, or this database is not the one that the witness saw.`,
      proven,
    );
  return { verdict: accepted({ size, cosignatures }), proven };
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
