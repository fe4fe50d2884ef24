import { bareHost } from '../util/url.ts';
import { fieldValue, type HeaderFields } from './header-fields.ts';

/**
 * Whether a response asks for its origin's stored responses to be deleted: `Clear-Site-Data: "cache"` or `"*"`, from a
 * secure origin. Clear Site Data 3.1, 4.2.
 */
export function clearsCache(origin: string, fields: HeaderFields): boolean {
  const text = fieldValue(fields, 'clear-site-data');
  if (text === undefined || !isTrustworthy(origin)) return false;
  return text.split(',').some(type => type.trim() === '"cache"' || type.trim() === '"*"');
}

/** Secure Contexts 3.1, for http and https. */
function isTrustworthy(origin: string): boolean {
  if (origin.startsWith('https:')) return true;
  const host = bareHost(new URL(origin).hostname);
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
