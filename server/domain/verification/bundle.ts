import { z } from 'zod';
import { envelopeMaxBytes } from '../attestation/index.ts';
import { noteMaxCharacters, proofMaxHashes } from '../log/index.ts';
import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { decodeUtf8, utf8 } from '../shared/bytes.ts';
import { canonicalJson, isCanonical } from '../shared/canonical-json.ts';
import { accepted, type Parsed, refused } from '../shared/parsed.ts';

export const bundleFormat = 'reprise.evidence-bundle/v1';

/** Attachments are most of it: the rows of a promotion, or the parts of a long record. */
export const bundleMaxBytes = 64 * 1024 * 1024;

/**
 * Everything about one record that a stranger needs to verify it, but the keys: whoever verifies has to have those
 * from elsewhere, since a forger would put their own in.
 */
export type Bundle = {
  /** The stored bytes of the envelope, which are the entry of the log. */
  readonly envelope: Uint8Array;
  /** That the envelope is entry `index` of the log's first `size` entries. */
  readonly inclusion: {
    readonly index: number;
    readonly size: number;
    readonly proof: readonly Uint8Array[];
  };
  /** A signed note over that size, with any cosignatures. */
  readonly checkpoint: string;
  /** That earlier sizes, each once, are the beginning of this one; empty where nobody asked. */
  readonly consistency: readonly { readonly fromSize: number; readonly proof: readonly Uint8Array[] }[];
  /** What the record names and was not erased, by name. `sha256` in lower-case hexadecimal. */
  readonly attachments: readonly {
    readonly name: string;
    readonly sha256: string;
    readonly content: Uint8Array;
  }[];
};

export type BundleCode =
  | 'too-large'
  | 'not-utf8'
  | 'not-json'
  | 'fields-wrong'
  | 'base64-wrong'
  | 'not-canonical';

/** The bytes of a bundle: canonical JSON (RFC 8785), its lists in order, each member once. */
export function bundleBytes({
  envelope,
  inclusion,
  checkpoint,
  consistency,
  attachments,
}: Bundle): Uint8Array {
  return utf8(
    canonicalJson({
      format: bundleFormat,
      envelope: encodeBase64(envelope),
      inclusion: { ...inclusion, proof: inclusion.proof.map(encodeBase64) },
      checkpoint,
      consistency: consistency
        .toSorted((a, b) => a.fromSize - b.fromSize)
        .map(({ fromSize, proof }) => ({ fromSize, proof: proof.map(encodeBase64) })),
      attachments: attachments
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, sha256, content }) => ({ name, sha256, content: encodeBase64(content) })),
    }),
  );
}

const base64 = (bytes: number) => z.string().max(Math.ceil(bytes / 3) * 4);
const size = z.number().int().min(0);
const proof = z.array(base64(32)).max(proofMaxHashes);
const bundleSchema = z.strictObject({
  format: z.literal(bundleFormat),
  envelope: base64(envelopeMaxBytes),
  inclusion: z.strictObject({ index: size, size, proof }),
  checkpoint: z.string().max(noteMaxCharacters),
  consistency: z.array(z.strictObject({ fromSize: size, proof })).max(100),
  attachments: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        content: base64(bundleMaxBytes),
      }),
    )
    .max(100),
});

/**
 * Reads a bundle that anybody may have written. There is one spelling of each: unknown fields, loose base64, white
 * space, another order of fields or list members, and members named twice are refused.
 */
export function parseBundle(bytes: Uint8Array): Parsed<Bundle, BundleCode> {
  if (bytes.length > bundleMaxBytes)
    return refused('too-large', `The bundle has more than the ${bundleMaxBytes} bytes that one may have.`);
  const text = decodeUtf8(bytes);
  if (text === null) return refused('not-utf8', 'The bundle is not UTF-8.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refused('not-json', 'The bundle is not JSON.');
  }
  const fields = bundleSchema.safeParse(json);
  if (!fields.success)
    return refused(
      'fields-wrong',
      `The bundle is not one of ${bundleFormat}: ${z.prettifyError(fields.error)}`,
    );
  const { data } = fields;
  if (
    !isCanonical(json, text) ||
    !isAscending(data.attachments, 'name') ||
    !isAscending(data.consistency, 'fromSize')
  )
    return refused(
      'not-canonical',
      'The bundle is not in its canonical form (RFC 8785, with its lists in order).',
    );
  const decoder = new Base64Fields();
  const bundle: Bundle = {
    envelope: decoder.bytes(data.envelope),
    inclusion: { ...data.inclusion, proof: data.inclusion.proof.map(decoder.bytes) },
    checkpoint: data.checkpoint,
    consistency: data.consistency.map((each) => ({ ...each, proof: each.proof.map(decoder.bytes) })),
    attachments: data.attachments.map((each) => ({ ...each, content: decoder.bytes(each.content) })),
  };
  return decoder.failed
    ? refused('base64-wrong', 'A field of the bundle is not base64 in its one right spelling.')
    : accepted(bundle);
}

/** Decodes field after field, and keeps in mind whether all of them could be. */
class Base64Fields {
  failed = false;
  readonly bytes = (text: string): Uint8Array => {
    const bytes = decodeBase64(text);
    if (bytes === null) this.failed = true;
    return bytes ?? new Uint8Array(0);
  };
}

function isAscending<Field extends string>(
  members: readonly { readonly [field in Field]: string | number }[],
  field: Field,
): boolean {
  return members.every((member, at) => {
    const before = members[at - 1];
    return before === undefined || before[field] < member[field];
  });
}
