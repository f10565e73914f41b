/** Where in its history a failure stands; `to` is null where that is one offset. */
export type FailurePlace = {
  readonly partition: number;
  readonly offset: string;
  readonly to: string | null;
};

/** `topic/3 [5,9)`, `topic/3@5-9`, `topic/3@5`, `… partition 3, offset 5`, `… partition 3, positions [5, 9)`. */
const forms: readonly RegExp[] = [
  /\/(\d+)(?:@| \[)(\d+)(?:[-,] ?(\d+)\)?)?$/,
  /\bpartition (\d+), (?:offset |positions \[)(\d+)(?:, (\d+)\))?$/,
];

/** Reads what the adapters write into `where` of their errors. null: it names no place in a partition. */
export function failurePlace(where: string | null): FailurePlace | null {
  for (const form of forms) {
    const [, partition, offset, to] = form.exec(where ?? '') ?? [];
    if (partition !== undefined && offset !== undefined)
      return { partition: Number(partition), offset, to: to ?? null };
  }
  return null;
}
