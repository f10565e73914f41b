const MOST_NESTED = 20;
const MOST_MARKS = 1500;
const containers = /^(?:[ \t]*(?:[-+*>]|\d{1,9}[.)]))*/;

/**
 * Whether Markdown can be laid out by a parser in a time that anybody waits. Lists within lists, and marks of emphasis
 * and links in one paragraph, take parsers the square of their number or more: what has too many of them is shown as it
 * was written.
 */
export function canBeLaidOut(markdown: string): boolean {
  return markdown.split(/\n[ \t>]*(?=\n)/).every((block) => {
    if ((block.match(/(?<!\\)[*_[\]`<~]/g)?.length ?? 0) > MOST_MARKS) return false;
    return block.split('\n').every((line) => {
      const [begins = ''] = containers.exec(line) ?? [];
      return (begins.match(/[-+*>]|\d[.)]/g)?.length ?? 0) <= MOST_NESTED;
    });
  });
}
