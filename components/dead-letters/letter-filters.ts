import { createSerializer, parseAsBoolean, parseAsString } from 'nuqs/server';

/** The filters of the letters, as they stand in the address. Read by the page on the server as well. */
export const letterFilters = {
  topic: parseAsString.withDefault(''),
  cause: parseAsString.withDefault(''),
  event: parseAsString.withDefault(''),
  /** Those that are in their topic no more as well. */
  gone: parseAsBoolean.withDefault(false),
};

export type LetterFilters = {
  readonly topic: string;
  readonly cause: string;
  readonly event: string;
  readonly gone: boolean;
};

const serialize = createSerializer(letterFilters);

/** Where all letters of one cause are listed and sent again. */
export const causeHref = ({ topic, groupId }: { readonly topic: string; readonly groupId: string }) =>
  serialize('/dead-letters', { topic, cause: groupId });

/** The topics, with the cause that the address names. */
export const topicsInput = ({ topic, cause }: LetterFilters) =>
  topic === '' || cause === '' ? {} : { topic, groupId: cause };

/** What is asked of the server: the same for the page that prefetches and the list that reads. */
export function letterListInput({ topic, cause, event, gone }: LetterFilters) {
  return {
    topic: topic || undefined,
    groupId: cause || undefined,
    eventId: event.trim() || undefined,
    gone: gone ? undefined : false,
  };
}

export const letterPages = {
  getNextPageParam: <Place>(page: { readonly next: Place | null }) => page.next ?? undefined,
};
