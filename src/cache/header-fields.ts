/** Header fields by lower-case name, as undici hands them over; several lines of one field are an array. */
export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a field, its lines joined by commas; undefined when absent. RFC 9110 5.2. */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  // A name may come from the network ("constructor"), so only own properties count.
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

/** The lines of a field; empty when absent. */
export function fieldLines(fields: HeaderFields, name: string): readonly string[] {
  if (!Object.hasOwn(fields, name)) return [];
  const value = fields[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
