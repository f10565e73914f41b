/** Shortens in the middle, where ids differ least: head and tail stay readable. Short texts are left whole. */
export function shortenMiddle(text: string, head = 8, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}
