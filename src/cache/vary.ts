import { fieldValue, type HeaderFields } from './header-fields.ts';
import { type RawHeaders, rawValue } from './raw-headers.ts';
import { crypto } from '../util/builtins.ts';

/** The request's values of the fields that Vary names, normalised; null when the request had none. */
export type VariantKey = Readonly<Record<string, string | null>>;

const secretFields: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);
/** Lists of preferences, in which only the weights count and neither order nor letter case. RFC 9110 12.4 and 12.5. */
const preferenceFields: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
]);
const noFields: readonly string[] = [];
const emptyKey: VariantKey = {};

/** The field names in Vary, in lower case; undefined when there is a `*`, which no request matches. RFC 9110 12.5.5. */
export function varyFields(response: HeaderFields): readonly string[] | undefined {
  const text = fieldValue(response, 'vary');
  if (text === undefined) return noFields;
  const names = text
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  return names.includes('*') ? undefined : names;
}

/** What a later request must have in common with this one. */
export function variantKey(names: readonly string[], request: RawHeaders): VariantKey {
  if (names.length === 0) return emptyKey;
  return Object.fromEntries(names.map(name => [name, normalisedField(name, request)]));
}

/** Whether a response that was stored under `key` answers `request`. RFC 9111 4.1. */
export function matchesVariant(key: VariantKey, request: RawHeaders, response: HeaderFields): boolean {
  for (const name in key) {
    if (key[name] === normalisedField(name, request)) continue;
    if (name !== 'accept-language' || !isPreferredLanguage(rawValue(request, name), response)) return false;
  }
  return true;
}

/** RFC 9111 4.1: white space, the number of lines, and what the field's own definition says is the same. */
function normalisedField(name: string, request: RawHeaders): string | null {
  const value = rawValue(request, name);
  if (value === undefined) return null;
  // Only equality matters, so that what is kept on disk need not be the secret itself.
  if (secretFields.has(name)) return crypto().createHash('sha256').update(value.trim()).digest('base64url');
  const members = value.split(',').map(member => member.trim());
  if (!preferenceFields.has(name)) return members.join(',');
  return members
    .filter(member => member !== '')
    .map(normalisedPreference)
    .sort()
    .join(',');
}

function normalisedPreference(member: string): string {
  const { range, weight } = readPreference(member);
  return weight === 1 ? range : `${range};q=${weight}`;
}

interface Preference {
  readonly range: string;
  readonly weight: number;
}

function readPreference(member: string): Preference {
  const [range, ...parameters] = member
    .toLowerCase()
    .split(';')
    .map(part => part.trim());
  const weight = parameters.find(parameter => parameter.startsWith('q='));
  const others = parameters.filter(parameter => parameter !== weight);
  return { range: [range, ...others].join(';'), weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}

/**
 * Whether the response is in the one language that the request likes best: a server that has it can do no better.
 * RFC 9111 4.1: the mechanism for ranking preferences may be used to choose.
 */
function isPreferredLanguage(accepted: string | undefined, response: HeaderFields): boolean {
  const language = fieldValue(response, 'content-language')?.trim().toLowerCase();
  if (!language || accepted === undefined) return false;
  const ranked = accepted
    .split(',')
    .map(readPreference)
    .sort((a, b) => b.weight - a.weight);
  return ranked[0]!.range === language && ranked[0]!.weight > (ranked[1]?.weight ?? 0);
}
