import { MOST_BYTES, typeOfBytes } from '../../domain/incident/index.ts';
import { counted } from '../../domain/shared/counted.ts';
import type { Sha256 } from '../../domain/shared/digests.ts';
import { RepriseError } from '../../domain/shared/errors.ts';

/** All files of one incident, or of one run, together. */
const MOST_BYTES_OF_ALL = 20 * MOST_BYTES;

export type AttachedFile = {
  readonly name: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly content: Uint8Array;
};

/**
 * A file as it is kept. `before`: bytes of those that are there; `of`: what they belong to, as in `an incident`.
 * Throws RepriseError input-invalid for one that is empty or too large.
 */
export function toAttached(
  { name, content }: { readonly name: string; readonly content: Uint8Array },
  sha256: Sha256,
  { before, of }: { readonly before: number; readonly of: string },
): AttachedFile {
  refuseSize(content.byteLength, before, of);
  return { name: plainName(name), mediaType: typeOfBytes(content), sha256: sha256(content), content };
}

function refuseSize(bytes: number, before: number, of: string): void {
  const refuse = (sentence: string) => new RepriseError('input-invalid', sentence, { where: 'content' });
  if (bytes === 0) throw refuse('The file is empty.');
  if (bytes > MOST_BYTES)
    throw refuse(
      `The file has ${counted(bytes, 'byte')}, and may have ${counted(MOST_BYTES, 'byte')} at most.`,
    );
  if (before + bytes > MOST_BYTES_OF_ALL)
    throw refuse(
      `The files of ${of} may have ${counted(MOST_BYTES_OF_ALL, 'byte')} together. Attach a link.`,
    );
}

/** A name and no path; nothing that changes how a line reads. */
function plainName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const plain = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/gu, '').trim();
  return plain === '' ? 'file' : [...plain].slice(-200).join('');
}
