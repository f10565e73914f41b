/** Headers that Reprise puts behind those of a record that it parks. */
export const letterHeaders = {
  /** Where the contract names no header for it. */
  cause: 'dlq.cause',
  state: 'dlq.projector',
  topic: 'dlq.origin.topic',
  partition: 'dlq.origin.partition',
  offset: 'dlq.origin.offset',
  parkedAt: 'dlq.parkedAt',
  attempt: 'dlq.reprise.attempt',
} as const;
