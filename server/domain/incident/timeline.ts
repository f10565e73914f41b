/** What a line of the timeline says happened. Beside a check in the database; a test compares them. */
export const entryKinds = [
  'raised',
  'raised-again',
  'worse',
  'cleared',
  'returned',
  'related',
  'acknowledged',
  'assigned',
  'class-changed',
  'escalated',
  'not-escalated',
  'mitigating',
  'recovered',
  'reviewed',
  'closed',
  'reopened',
  'replay',
  'promotion',
  'evidence',
  'notice',
  'note',
  'link',
  'file',
  'correction',
  'runbook',
] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Lines that people write, and so correct with another. */
const written: readonly EntryKind[] = ['note', 'link', 'file', 'correction'];

export function isWritten(kind: EntryKind): boolean {
  return written.includes(kind);
}

/**
 * What an incident came to, which is what its review tells first: such a line matters until somebody says that it does
 * not. Of every other line somebody has to say that it does.
 */
export const milestones: readonly EntryKind[] = [
  ...(['raised', 'worse', 'acknowledged', 'class-changed', 'escalated', 'mitigating'] as const),
  ...(['cleared', 'returned', 'recovered', 'reopened'] as const),
];

/** What a file may be served as, and shown; everything else is bytes to be saved. */
export const shownTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
export const MOST_BYTES = 2 * 1024 * 1024;

/** The type by its first bytes, and not by what somebody says it is. */
export function typeOfBytes(bytes: Uint8Array): (typeof shownTypes)[number] | 'application/octet-stream' {
  const starts = (...head: readonly number[]) => head.every((byte, at) => bytes[at] === byte);
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (starts(0x47, 0x49, 0x46, 0x38)) return 'image/gif';
  const isWebp = [0x57, 0x45, 0x42, 0x50].every((byte, at) => bytes[8 + at] === byte);
  return starts(0x52, 0x49, 0x46, 0x46) && isWebp ? 'image/webp' : 'application/octet-stream';
}
