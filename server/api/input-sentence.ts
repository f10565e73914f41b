import type { ZodError } from 'zod';

/** What is wrong with an input, as sentences: its first three mistakes, each with its place. */
export function inputSentence({ issues }: ZodError): string {
  const sentences = issues.slice(0, 3).map(({ path, message }) => {
    // Ours are whole sentences; zod's own have neither a place nor a full stop.
    if (message.endsWith('.') || path.length === 0) return message;
    return `${path.join('.')}: ${message}.`;
  });
  const more = issues.length - sentences.length;
  return [...sentences, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
