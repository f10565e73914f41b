import { keyId, signStatement } from '../attestation/index.ts';
import { type Attachment, statementText } from '../evidence/index.ts';
import {
  checkpointText,
  cosign,
  noteKey,
  noteText,
  parseNote,
  proveConsistency,
  proveInclusion,
  signNote,
  withSignature,
} from '../log/index.ts';
import { utf8 } from '../shared/bytes.ts';
import { type Bundle, bundleBytes, type VerifyInput } from '../verification/index.ts';
import { logOf, type MemoryLog } from './memory-log.ts';
import { newKey, sha256, type TestKey, verifyEd25519 } from './signing.ts';

const origin = 'reprise.example/evidence';

/** A log with a record in it, its keys, and the bundle that a stranger gets: real keys, real digests. */
export type Exported = {
  readonly bundle: Bundle;
  readonly log: MemoryLog;
  readonly keys: { readonly record: TestKey; readonly log: TestKey; readonly witness: TestKey };
  readonly witness: { readonly name: string; readonly publicKey: Uint8Array };
  /** A signed checkpoint over this many entries; the log's last ones where none is given. */
  readonly checkpointAt: (size?: number, from?: string) => Promise<string>;
  /** What is given to verify a bundle: this one, unless another is. */
  readonly input: (bundle?: Bundle, change?: Partial<VerifyInput>) => VerifyInput;
};

export async function exported(
  record: { readonly statement: object; readonly attachments: readonly Attachment[] },
  size = 7,
): Promise<Exported> {
  const keys = { record: newKey(), log: newKey(), witness: newKey() };
  const keyid = await keyId(keys.record.publicKey, sha256);
  const statement = utf8(statementText(record.statement));
  const envelope = await signStatement(statement, { keyid, sign: keys.record.sign });
  const index = size >> 1;
  const log = await logOf(
    Array.from({ length: size }, (_, at) => (at === index ? envelope : utf8(`other ${at}`))),
  );
  const checkpointAt: Exported['checkpointAt'] = async (of = size, from = origin) => {
    const key = await noteKey({ kind: 'note', name: origin, publicKey: keys.log.publicKey }, sha256);
    const text = checkpointText({ origin: from, size: of, root: await log.root(of), extensions: [] });
    return signNote(text, { key, sign: keys.log.sign });
  };
  const witness = { name: 'witness.example', publicKey: keys.witness.publicKey };
  const bundle: Bundle = {
    envelope,
    inclusion: { index, size, proof: await proveInclusion(index, size, log.reader, sha256) },
    checkpoint: await cosigned(await checkpointAt(), witness, keys.witness),
    consistency: [{ fromSize: 3, proof: await proveConsistency(3, size, log.reader, sha256) }],
    attachments: record.attachments.map(({ name, text, sha256 }) => ({ name, sha256, content: utf8(text) })),
  };
  return {
    bundle,
    log,
    keys,
    witness,
    checkpointAt,
    input: (given = bundle, change = {}) => ({
      bytes: bundleBytes(given),
      recordKeys: [keys.record.publicKey],
      checkpointKeys: [keys.log.publicKey],
      origin,
      sha256,
      verifyEd25519,
      ...change,
    }),
  };
}

async function cosigned(
  checkpoint: string,
  witness: Exported['witness'],
  { sign }: TestKey,
): Promise<string> {
  const note = parseNote(checkpoint);
  if (!note.ok) throw new Error(note.sentence);
  const key = await noteKey({ kind: 'cosignature', ...witness }, sha256);
  return noteText(withSignature(note.value, await cosign(note.value.text, { key, sign }, 1_795_000_000)));
}
