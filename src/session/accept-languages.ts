import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';

/**
 * An Accept-Language header from a list as `'en-US,fr,de'`: `en-US,fr;q=0.9,de;q=0.8`. A list with weights of its own
 * stays as it is.
 *
 * @see Chromium net/http/http_util.cc, GenerateAcceptLanguageHeader
 */
export function readAcceptLanguages(input: unknown): string {
  if (typeof input !== 'string' || !/^[A-Za-z0-9*\-,;=. ]*$/.test(input)) {
    throw invalidType(`Cannot set the user agent: acceptLanguages must be a list of languages, got ${describe(input)}`);
  }
  if (input.includes(';')) return input;
  const languages = input
    .split(',')
    .map(language => language.trim())
    .filter(language => language !== '');
  return languages.map((language, index) => (index === 0 ? language : `${language};q=${weight(index)}`)).join(',');
}

/** 0.9, 0.8 ... and never below 0.1. */
function weight(index: number): string {
  return `0.${Math.max(1, 10 - index)}`;
}
