import type { RefusalReason } from './cookie.ts';

/** RFC 6265bis 5.6: bytes of name and value together. */
const maxNameAndValue = 4096;
/** RFC 6265bis 5.6: bytes of one attribute's value. */
export const maxAttributeValue = 1024;

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controlCharacter = /[\0-\x1f\x7f]/;

/** Why a name and a value, as bytes, cannot be a cookie's. */
export function refuseNameAndValue(name: string, value: string): RefusalReason | undefined {
  if (name === '' && value === '') return 'empty';
  if (name.length + value.length > maxNameAndValue) return 'too-long';
  if (name.includes('=') || hasForbiddenCharacter(name) || hasForbiddenCharacter(value)) return 'control-character';
  return undefined;
}

/** Whether a text cannot stand in a cookie: it has a control character (a tab too) or a `;`. */
export function hasForbiddenCharacter(text: string): boolean {
  return controlCharacter.test(text) || text.includes(';');
}

/** The part of a text from `start` to `end`, without blanks and tabs around it. */
export function trimBlanks(text: string, start = 0, end: number = text.length): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text, from)) from++;
  while (to > from && isBlank(text, to - 1)) to--;
  return text.slice(from, to);
}

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}
