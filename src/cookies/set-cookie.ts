import type { RefusalReason, SameSite } from './cookie.ts';

/** One Set-Cookie line taken apart; texts are still the bytes of the line, one character each. */
export interface ParsedSetCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string | undefined;
  readonly path: string | undefined;
  readonly expires: string | undefined;
  readonly maxAge: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: SameSite;
  readonly partitioned: boolean;
}

/** RFC 6265bis 5.6: bytes of name and value together. */
const maxNameAndValue = 4096;
/** RFC 6265bis 5.6: bytes of one attribute's value. */
export const maxAttributeValue = 1024;

const terminator = /[\0\r\n]/;
const controlCharacter = /[\0-\x1f\x7f]/;

/**
 * Takes a Set-Cookie line apart, or says why it is no cookie.
 *
 * @see RFC 6265bis 5.6; Chromium net/cookies/parsed_cookie.cc
 */
export function parseSetCookie(line: string): ParsedSetCookie | RefusalReason {
  // RFC 6265bis 5.6 step 1; Chromium refuses lines that it once cut off here.
  if (terminator.test(line)) return 'control-character';
  const end = segmentEnd(line, 0);
  const equals = line.indexOf('=');
  const named = equals !== -1 && equals < end;
  // RFC 6265bis 5.6 step 3: without a "=" it is all value.
  const name = named ? trimmed(line, 0, equals) : '';
  const value = trimmed(line, named ? equals + 1 : 0, end);
  const refusal = refuseNameAndValue(name, value);
  if (refusal) return refusal;
  const attributes = parseAttributes(line, end + 1);
  if (!attributes) return 'control-character';
  return {
    name,
    value,
    domain: attributes.get('domain'),
    path: attributes.get('path'),
    expires: attributes.get('expires'),
    maxAge: attributes.get('max-age'),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: parseSameSite(attributes.get('samesite')),
    partitioned: attributes.has('partitioned'),
  };
}

/** The rules for name and value themselves, as bytes. */
export function refuseNameAndValue(name: string, value: string): RefusalReason | undefined {
  if (name === '' && value === '') return 'empty';
  if (name.length + value.length > maxNameAndValue) return 'too-long';
  if (hasForbiddenCharacter(name) || name.includes('=') || hasForbiddenCharacter(value)) return 'control-character';
  return undefined;
}

/** Whether a text cannot stand in a cookie: it has a control character (a tab too) or a `;`. */
export function hasForbiddenCharacter(text: string): boolean {
  return controlCharacter.test(text) || text.includes(';');
}

/** Without blanks and tabs around it. */
export function trimBlanks(text: string): string {
  return trimmed(text, 0, text.length);
}

/** Attributes by lower-case name, the last of a name winning; undefined when one has a control character. */
function parseAttributes(line: string, start: number): Map<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (let from = start; from <= line.length; ) {
    const end = segmentEnd(line, from);
    const equals = line.indexOf('=', from);
    const hasValue = equals !== -1 && equals < end;
    const name = trimmed(line, from, hasValue ? equals : end).toLowerCase();
    const value = hasValue ? trimmed(line, equals + 1, end) : '';
    if (controlCharacter.test(name) || controlCharacter.test(value)) return undefined;
    // RFC 6265bis 5.6: an attribute that is too long is ignored, not the cookie.
    if (value.length <= maxAttributeValue) attributes.set(name, value);
    from = end + 1;
  }
  return attributes;
}

/** RFC 6265bis 5.6.7; an unknown word is as if it were absent. */
function parseSameSite(word: string | undefined): SameSite {
  switch (word?.toLowerCase()) {
    case 'none':
      return 'no_restriction';
    case 'lax':
      return 'lax';
    case 'strict':
      return 'strict';
    default:
      return 'unspecified';
  }
}

function segmentEnd(line: string, from: number): number {
  const end = line.indexOf(';', from);
  return end === -1 ? line.length : end;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}
