import type { RefusalReason, SameSite } from './cookie.ts';
import { hasForbiddenCharacter, maxAttributeValue, refuseNameAndValue, trimBlanks } from './cookie-syntax.ts';

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

const terminator = /[\0\r\n]/;

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
  const name = named ? trimBlanks(line, 0, equals) : '';
  const value = trimBlanks(line, named ? equals + 1 : 0, end);
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

/** Attributes by lower-case name, the last of a name winning; undefined when one has a control character. */
function parseAttributes(line: string, start: number): Map<string, string> | undefined {
  const attributes = new Map<string, string>();
  for (let from = start; from <= line.length; ) {
    const end = segmentEnd(line, from);
    const equals = line.indexOf('=', from);
    const hasValue = equals !== -1 && equals < end;
    const name = trimBlanks(line, from, hasValue ? equals : end).toLowerCase();
    const value = hasValue ? trimBlanks(line, equals + 1, end) : '';
    if (hasForbiddenCharacter(name) || hasForbiddenCharacter(value)) return undefined;
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
