export type WaiverDraft = { readonly partition: number; readonly offset: string };

/** Records named as `partition:offset`, a comma or a line each; or what is wrong with the text. */
export function parseWaivers(
  text: string,
):
  | { readonly ok: true; readonly waivers: readonly WaiverDraft[] }
  | { readonly ok: false; readonly sentence: string } {
  const waivers: WaiverDraft[] = [];
  for (const word of text.split(/[\s,]+/).filter(Boolean)) {
    const [, partition, offset] = /^p?(\d{1,6}):(\d{1,19})$/.exec(word) ?? [];
    if (partition === undefined || offset === undefined)
      return { ok: false, sentence: `“${word}” is no record; write partition:offset, for example 2:514.` };
    waivers.push({ partition: Number(partition), offset });
  }
  if (waivers.length > 1_000)
    return {
      ok: false,
      sentence: `${waivers.length} records are more than the 1,000 that one plan may waive.`,
    };
  return { ok: true, waivers };
}
