const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as UTF-8 text; undefined where they are not UTF-8, since replacement characters would make two keys one. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const PLACES = 2 ** 14;
const LONGEST = 64;

/**
 * Reads texts that come again and again, as keys and types do: each place of a fixed table remembers the last
 * text that fell on it, so that most records cost a comparison and no decoding. ASCII only; the rest is decoded.
 */
export class RepeatedTexts {
  private readonly places: (string | undefined)[] = new Array<string | undefined>(PLACES);

  read(bytes: Uint8Array): string | undefined {
    const length = bytes.length;
    if (length > LONGEST) return readUtf8(bytes);
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
    const place = (hash ^ (hash >>> 14)) & (PLACES - 1);
    const known = this.places[place];
    if (known !== undefined && known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[i]) i++;
      if (i === length) return known;
    }
    const text = readUtf8(bytes);
    // Only of ASCII is the length in bytes the length in characters, and so the comparison above right.
    if (text !== undefined && text.length === length) this.places[place] = text;
    return text;
  }
}
