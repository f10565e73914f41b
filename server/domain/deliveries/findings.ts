/** What an audit of deliveries can find, and how it is called. */
export const findingKinds = [
  'redelivered',
  'conflicting',
  'undecodable',
  'without-id',
  'missing',
  'recreated',
  'lost',
  'unsent',
  'untold',
] as const;
export type DeliveryFindingKind = (typeof findingKinds)[number];

export type DeliveryFinding = {
  readonly kind: DeliveryFindingKind;
  readonly eventId: string | null;
  readonly partition: number | null;
  /** Of the record, or the first of a range. */
  readonly offset: number | null;
  /** The end of the range, not in it. */
  readonly to: number | null;
  readonly first: { readonly partition: number; readonly offset: number } | null;
  /** Of the outbox's row. */
  readonly position: bigint | null;
  readonly at: Date;
  /** Of a lost event: when it arrived after all. */
  readonly arrivedAt: Date | null;
  readonly detail: string;
};

/** A finding with nothing but its kind, its time and its sentence. */
export const findingOf = (
  kind: DeliveryFindingKind,
  at: Date,
  detail: string,
  more: Partial<DeliveryFinding> = {},
): DeliveryFinding => ({
  kind,
  at,
  detail,
  eventId: null,
  partition: null,
  offset: null,
  to: null,
  first: null,
  position: null,
  arrivedAt: null,
  ...more,
});
