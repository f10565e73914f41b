const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Up to this many bytes of ASCII are put together here: half the time of a call into the decoder. */
const SHORT = 16;

/** Bytes as UTF-8 text; undefined where they are not UTF-8, since replacement characters would make two keys one. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length <= SHORT && isAscii(bytes)) return shortAscii(bytes);
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function isAscii(bytes: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < bytes.length; i++) all |= bytes[i] ?? 0;
  return all < 128;
}

/** In as few pieces as can be: each piece that is added is a string of its own for the garbage collector. */
function shortAscii(bytes: Uint8Array): string {
  const { length } = bytes;
  const at = (i: number) => bytes[i] ?? 0;
  let text = '';
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    text += String.fromCharCode(
      at(i),
      at(i + 1),
      at(i + 2),
      at(i + 3),
      at(i + 4),
      at(i + 5),
      at(i + 6),
      at(i + 7),
    );
  }
  if (i + 4 <= length) {
    text += String.fromCharCode(at(i), at(i + 1), at(i + 2), at(i + 3));
    i += 4;
  }
  switch (length - i) {
    case 3:
      return text + String.fromCharCode(at(i), at(i + 1), at(i + 2));
    case 2:
      return text + String.fromCharCode(at(i), at(i + 1));
    case 1:
      return text + String.fromCharCode(at(i));
    default:
      return text;
  }
}

const PLACES = 256;

/**
 * Reads texts of which there are few, as types and versions are: each place of a small table remembers the last
 * text that fell on it, so that most records cost a comparison and no new string. ASCII only; the rest is decoded.
 */
export class RepeatedTexts {
  private readonly places: string[] = new Array<string>(PLACES).fill('');

  read(bytes: Uint8Array): string | undefined {
    const length = bytes.length;
    const place = (Math.imul(bytes[0] ?? 0, 31) + (bytes[length - 1] ?? 0) + length) & (PLACES - 1);
    const known = this.places[place] ?? '';
    if (known.length === length) {
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
