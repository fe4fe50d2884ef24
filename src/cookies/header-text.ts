import { Buffer, isUtf8 } from 'node:buffer';

// In Unicode mode a surrogate matches only when it stands alone.
const escapedByte = /[\u{dc80}-\u{dcff}]/gu;
const nonAscii = /[^\0-\x7f]/;
/** V8 copies parts that are shorter. */
const minSliceLength = 13;

/**
 * A text from its bytes as they stand in a header, one character a byte: UTF-8 where it is, else every byte above 0x7F
 * as the lone surrogate U+DC00 + byte, so that `toHeaderText` gives the same bytes back.
 */
export function fromHeaderText(bytes: string): string {
  const isAscii = !nonAscii.test(bytes);
  if (isAscii && bytes.length < minSliceLength) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  // A copy: V8 makes a longer part of a string a window on the whole, which would keep the whole header alive.
  if (isAscii) return buffer.toString('latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return bytes.replace(/[\x80-\xff]/g, byte => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
}

/** The bytes of a text as they stand in a header, one character a byte. */
export function toHeaderText(text: string): string {
  if (!nonAscii.test(text)) return text;
  let bytes = '';
  let from = 0;
  for (const match of text.matchAll(escapedByte)) {
    bytes += utf8(text.slice(from, match.index)) + String.fromCharCode(match[0].charCodeAt(0) - 0xdc00);
    from = match.index + 1;
  }
  return bytes + utf8(text.slice(from));
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
